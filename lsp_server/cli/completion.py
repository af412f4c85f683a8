"""`noctule completion`: what a shell needs to complete the command line, written by shtab from the parser itself."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import add_command
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.lsp_server.cli.arguments import Commands

SHELLS = ("bash", "zsh", "fish")
_DESCRIPTION = """\
Print a script that completes commands, options and paths. Put it where your shell looks:

  noctule completion bash > ~/.local/share/bash-completion/completions/noctule
  noctule completion zsh > "${fpath[1]}/_noctule"
  noctule completion fish > ~/.config/fish/completions/noctule.fish"""
_FILES = ("PATH", "FILE", "FILES", "FOLDER")


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "completion", run, "print a script that completes the command line", _DESCRIPTION)
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help=f"the shell: {', '.join(SHELLS)}")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the script."""
    import shtab

    from noctule.lsp_server.cli.command_line import command_line

    parser = command_line()
    for one in (parser, *subparsers(parser).values()):
        for action in one._actions:
            if str(action.metavar).strip("[]") in _FILES:
                action.complete = shtab.FILE  # type: ignore[attr-defined] # this is how shtab is told
    terminal.write(shtab.complete(parser, shell=args.shell))
    return Exit.OK


def subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command."""
    found = (action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return {name: one for commands in found for name, one in commands.items()}
