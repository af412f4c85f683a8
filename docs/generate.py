"""Writes docs/reference/ from the code. `make docs` runs it; tests/test_reference.py fails where a page is out of date.

Command lines come from the parser behind `--help`, schemas from the types behind `--json`. Only what a field means is
read from docs/json.md, whose tables are held against the same types.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import re
import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path

import noctule
from noctule.indexer.results import SCHEMA, Answer, Value
from noctule.lsp_server import features
from noctule.lsp_server.cli.command_line import BUILT_IN, command_line
from noctule.lsp_server.cli.completion import subparsers
from noctule.lsp_server.mcp.tools import TOOLS

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs/reference"
RESULTS = (
    "indexer.results",
    "indexer.reports",
    "indexer.background.reports",
    "indexer.fleet.report",
    "indexer.llm.reports",
    "indexer.review.results",
    "indexer.serve.workspace_results",
    "indexer.share.results",
    "lsp_server.features.request",
    "lsp_server.features.status_change",
    "lsp_server.features.user",
)
"""The modules whose types are answers."""
INTERNAL = {"prepare", "snapshot", "look", "open_store", "is_new", "knows_a_part", "knows_all", "begin"}
"""What other parts of noctule call of a `Repository`."""
WRITTEN = "<!-- Written by `make docs` from the code. Edit the code instead. -->"


def pages() -> dict[str, str]:
    """Return the text of each file, by its name in docs/reference."""
    return {
        "commands.md": "\n".join(_commands()),
        "vscode.md": "\n".join(_vscode()),
        "mcp.md": "\n".join(_mcp()),
        "lsp.md": "\n".join(_lsp()),
        "python.md": "\n".join(_python()),
        "schema.md": "\n".join(_schema_page()),
        "noctule.schema.json": json.dumps(schema(), indent=1, ensure_ascii=False) + "\n",
    }


def _page(title: str, *said: str) -> list[str]:
    return [WRITTEN, "", f"# {title}", "", *said, ""]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    yield from (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)
    yield ""


def _plain(text: str) -> str:
    """Return a text in which nothing is markup but code, and pages that it names are links."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    said = "".join(part if part[:1] == "`" else re.sub(r"([<>*\[\]])", r"\\\1", part) for part in parts)
    return re.sub(r"docs/([\w-]+\.md)", r"[\1](../\1)", said)


def _commands() -> Iterator[str]:
    yield from _page(
        "Commands and options",
        "What `noctule help COMMAND` prints, from the same source. [cli.md](../cli.md) says more about each command, "
        "and explains exit codes and environment variables.",
    )
    for name, parser in subparsers(command_line()).items():
        if name in BUILT_IN:
            yield from _command(f"noctule {name}", parser, 2)
    for name, parser in subparsers(command_line(["eval"])).items():
        if name == "eval":
            yield from _command("noctule eval", parser, 2)


def _command(name: str, parser: argparse.ArgumentParser, level: int) -> Iterator[str]:
    yield from (f"{'#' * level} `{name}`", "")
    for paragraph in (parser.description or "").split("\n\n"):
        if "\n  " in f"\n{paragraph}":  # an example, which stays as it is
            yield from ("```", *(line.removeprefix("  ") for line in paragraph.splitlines()), "```", "")
        else:
            yield from (_plain(paragraph), "")
    rows = [(f"`{_spelling(action)}`", _meaning(action)) for action in parser._actions if _counts(action)]
    if rows:
        yield from _table(("argument", "means"), rows)
    for inner, one in subparsers(parser).items():
        yield from _command(f"{name} {inner}", one, level + 1)


def _counts(action: argparse.Action) -> bool:
    hidden = (argparse._HelpAction, argparse._SubParsersAction)
    return action.help not in (None, argparse.SUPPRESS) and not isinstance(action, hidden)


def _spelling(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else str(action.metavar or action.dest.upper())
    more = f"{value} ..." if action.nargs in ("*", "+") else value
    return " ".join(filter(None, (", ".join(action.option_strings), more)))


def _meaning(action: argparse.Action) -> str:
    return _plain(str(action.help) % vars(action))


def _vscode() -> Iterator[str]:
    folder = ROOT / "vscode-extension"
    texts = json.loads((folder / "package.nls.json").read_text("utf-8"))
    manifest = re.sub(r'"%([\w.]+)%"', lambda key: json.dumps(texts[key[1]]), (folder / "package.json").read_text())
    contributed = json.loads(manifest)["contributes"]
    scopes = {"window": "user or workspace", "application": "user", "machine": "user"}
    yield from _page(
        "VS Code: settings and commands",
        "From the extension's manifest. [vscode.md](../vscode.md) explains what they do.",
    )
    yield from ("## Settings", "")
    yield from _table(
        ("setting", "default", "set in", "means"),
        (
            (f"`{name}`", f"`{json.dumps(one['default'])}`", scopes[one["scope"]], _setting(one))
            for name, one in contributed["configuration"]["properties"].items()
        ),
    )
    keys = {one["command"]: f"`{one['key']}`" for one in contributed["keybindings"]}
    yield from ("## Commands", "")
    yield from _table(
        ("command", "id", "key"),
        (
            (f"{one['category']}: {one['title']}", f"`{one['command']}`", keys.get(one["command"], ""))
            for one in contributed["commands"]
        ),
    )


def _setting(one: Mapping[str, typing.Any]) -> str:
    said = " ".join(one["markdownDescription"].split())
    offered = zip(one.get("enum", ()), one.get("enumDescriptions", ()), strict=False)
    return " ".join([said, *(f"`{json.dumps(value)}`: {' '.join(text.split())}" for value, text in offered)])


def _mcp() -> Iterator[str]:
    yield from _page(
        "MCP: tools", "As a client lists them. [mcp.md](../mcp.md) explains answers, resources and the prompt."
    )
    for tool in TOOLS:
        yield from (f"## `{tool.name}`: {tool.title}", "", _plain(tool.description), "")
        yield from _table(("parameter", "type", "default", "means"), _parameters(tool.takes, tool.required))


def _parameters(takes: Mapping[str, Mapping[str, object]], required: Sequence[str]) -> Iterator[Sequence[str]]:
    for name, one in takes.items():
        default = "required" if name in required else f"`{json.dumps(one['default'])}`" if "default" in one else ""
        bounds = f", {one['minimum']:,} to {one['maximum']:,}" if "minimum" in one else ""
        yield f"`{name}`", f"{one['type']}{bounds}", default, _plain(str(one["description"]))


def _lsp() -> Iterator[str]:
    standard, ours = [], []
    for module in (
        import_module(f"noctule.lsp_server.features.{p.stem}")
        for p in sorted((ROOT / "lsp_server/features").glob("*.py"))
    ):
        said = re.match(r"(`[^:]*`[^:]*|`[^`]*`[^:]*): (.*?)(?:\n\n|\Z)", inspect.getdoc(module) or "", re.DOTALL)
        if said and module not in features.REQUESTS:
            standard.append((_plain(said[1]), _plain(said[2]).rstrip(".")))
    for module in features.REQUESTS:
        said = re.match(r"`([^`]*)`: (.*?)(?:\n\n|\Z)", inspect.getdoc(module) or "", re.DOTALL)
        assert said is not None
        takes, answer = _handler(ast.parse(inspect.getsource(module)))
        ours.append((f"`{said[1]}`", ", ".join(takes), answer, _plain(said[2]).rstrip(".")))
    yield from _page(
        "LSP: methods", "[lsp.md](../lsp.md) explains parameters and errors, [json.md](../json.md) the answers."
    )
    yield from ("## Methods and commands", "", *_table(("method", "does"), standard))
    yield from ("## Custom requests", "", "Each also takes `uri`, and is a command of the same name.", "")
    yield from _table(("request", "takes", "answer", "does"), ours)


_READS = {
    "text": "text",
    "yes": "boolean",
    "number": "integer",
    "seconds": "seconds",
    "share": "share",
    "texts": "list of texts",
}


def _handler(tree: ast.Module) -> tuple[list[str], str]:
    """Return what the handler of a request reads from its parameters, and the type of its answer."""
    handlers = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef) and any(arg.arg == "params" for arg in node.args.args)
    ]
    takes = {
        str(ast.literal_eval(call.args[0])): _READS[call.func.attr]
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _READS
        if isinstance(call.func.value, ast.Name) and call.func.value.id == "params"
    }
    answers = dict.fromkeys(ast.unparse(node.returns) for node in handlers if node.returns is not None)
    return [f"`{name}` ({kind})" for name, kind in takes.items()], " or ".join(answers)


def _python() -> Iterator[str]:
    yield from _page(
        "Python: what can be imported",
        "`from noctule import ...` gives these. [python.md](../python.md) shows how to use them.",
    )
    for name in (one for one in noctule.__all__ if one != "__version__"):
        kind = getattr(noctule, name)
        yield from (f"## `{name}`", "", _doc(kind), "")
        if is_dataclass(kind):
            hints = typing.get_type_hints(kind)
            means = meanings(name)
            yield from _table(
                ("field", "type", "means"), ((f"`{f}`", f"`{_type(h)}`", means.get(f, "")) for f, h in hints.items())
            )
        else:
            yield from _methods(kind)


def _methods(kind: type) -> Iterator[str]:
    for name, value in vars(kind).items():
        function = value.__func__ if isinstance(value, classmethod) else value
        if inspect.isfunction(function) and name[0] != "_" and name not in INTERNAL:
            given = ", ".join(
                _parameter(one)
                for one in inspect.signature(function).parameters.values()
                if one.name not in ("self", "cls")
            )
            yield from (
                f"### `{name}({given}) -> {function.__annotations__.get('return', 'None')}`",
                "",
                _doc(function),
                "",
            )


def _parameter(one: inspect.Parameter) -> str:
    if one.default is inspect.Parameter.empty:
        return f"{one.name}: {one.annotation}"
    default = repr(one.default) if isinstance(one.default, str | int | float | tuple | None) else "..."
    return f"{one.name}: {one.annotation} = {default}"


def _doc(of: object) -> str:
    return _plain((inspect.getdoc(of) or "").replace("\n\n", " "))


def _type(kind: object) -> str:
    return (
        str(getattr(kind, "__name__", kind) if isinstance(kind, type) and not typing.get_args(kind) else kind)
        .replace("noctule.indexer.results.", "")
        .replace("noctule.indexer.reports.", "")
        .replace("collections.abc.", "")
    )


def _schema_page() -> Iterator[str]:
    yield from _page(
        "JSON Schema",
        "[noctule.schema.json](noctule.schema.json) is the [JSON format](../json.md) as JSON Schema 2020-12, written "
        "from the types that print it. Each answer stands under `$defs`:",
    )
    yield ", ".join(f"`{name}`" for name in typing.cast("list[str]", schema()["x-answers"])) + "."
    yield from (
        "",
        "To validate an answer in Python, with the package jsonschema:",
        "",
        "```python",
        *_VALIDATE,
        "```",
        "",
    )


_VALIDATE = """\
import json, jsonschema

schema = json.load(open("noctule.schema.json"))
jsonschema.validate(json.load(open("answer.json")), {"$ref": "#/$defs/Pack", "$defs": schema["$defs"]})""".splitlines()


def schema() -> dict[str, object]:
    """Return the JSON Schema (2020-12) of every answer, each under `$defs`."""
    kinds = {
        name: kind
        for module in RESULTS
        for name, kind in inspect.getmembers(import_module(f"noctule.{module}"), inspect.isclass)
        if is_dataclass(kind) and issubclass(kind, Value)
    }
    answers = sorted(name for name, kind in kinds.items() if issubclass(kind, Answer))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Noctule's answers in JSON",
        "x-answers": answers,
        "$defs": {name: _object(name, kinds[name]) for name in sorted(kinds)},
    }


def _object(name: str, kind: type) -> dict[str, object]:
    hints = {field: _json_type(hint) for field, hint in typing.get_type_hints(kind).items()}
    if issubclass(kind, Answer):
        hints = {"schema": {"const": SCHEMA}, **hints}
    means = meanings(name)
    fields = {field: {**of, **({"description": means[field]} if field in means else {})} for field, of in hints.items()}
    return {"type": "object", "properties": fields, "required": list(hints)}


def _json_type(hint: object) -> dict[str, object]:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_json_type(part) for part in parts]}
    if origin is tuple:
        return {"type": "array", "items": _json_type(parts[0])}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _json_type(parts[1])}
    if isinstance(hint, type) and issubclass(hint, Value):
        return {"$ref": f"#/$defs/{hint.__name__}"}
    names = {str: "string", int: "integer", float: "number", bool: "boolean", types.NoneType: "null"}
    return {} if hint is object else {"type": names[hint]}  # type: ignore[index] # KeyError: a type that has no name here


def meanings(name: str) -> dict[str, str]:
    """Return what each field of a type means, as docs/json.md says it, without its links."""
    text = (ROOT / "docs/json.md").read_text("utf-8")
    section = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| `(\w+)` \| [^|]+? \| (.+) \|$", section[1] if section else "", re.MULTILINE)
    return {field: re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", said) for field, said in rows}


def main() -> None:
    """Write what has changed."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        file = FOLDER / name
        if not file.exists() or file.read_text("utf-8") != text:
            file.write_text(text, "utf-8")
            print(f"written: {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
