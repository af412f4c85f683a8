"""Ruby: what its nodes define, and which files its `require` means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.parse.languages.language import (
    LINE_STRING,
    ImportStatement,
    Language,
    Named,
    resolve_relative,
    spelling,
    word_set,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from noctule.indexer.parse.languages.language import Namer


def _scope_namer(kind: str) -> Namer:
    def namer(node: Node) -> Iterator[Named]:
        name = node.child_by_field_name("name")
        if name is not None and name.type == "scope_resolution":
            owner = spelling(name.child_by_field_name("scope")).replace("::", ".").strip(".")
            name = name.child_by_field_name("name")
        else:
            owner = ""
        if name is not None:
            yield Named(name, kind, owner)

    return namer


def _assignment_names(node: Node) -> Iterator[Named]:
    left = node.child_by_field_name("left")
    if left is not None and left.type in {"constant", "identifier"}:
        yield Named(left, "constant" if left.type == "constant" else "variable")


_ACCESSORS = frozenset({b"attr", b"attr_accessor", b"attr_reader", b"attr_writer"})


def _accessors(node: Node) -> Iterator[Named]:
    """Name the fields that a class gives readers and writers."""
    method, listed = node.child_by_field_name("method"), node.child_by_field_name("arguments")
    if method is not None and listed is not None and method.text in _ACCESSORS:
        for child in listed.named_children:
            if child.type == "simple_symbol":
                yield Named(child, "field", at=child)


_REQUIRE = lazy_pattern(r"""(require_relative|require|load|autoload)\b\s*\(?\s*(?::\w+\s*,\s*)?["']([^"'\n#]+)["']""")


def _imports(text: str) -> Iterator[ImportStatement]:
    if match := _REQUIRE.match(text):
        relative = match[1] == "require_relative" and not match[2].startswith(".")
        yield ImportStatement(f"./{match[2]}" if relative else match[2])


def _candidates(module: str, _names: tuple[str, ...], importer: str) -> tuple[str, ...]:
    path = resolve_relative(importer, module) if module.startswith(".") else module
    if not path:
        return ()
    return (path,) if path.endswith(".rb") else (f"{path}.rb",)


LANGUAGES = (
    Language(
        name="ruby",
        extensions=(".rb", ".rake", ".gemspec", ".ru", ".rbi"),
        filenames=("Rakefile", "Gemfile", "Guardfile", "Capfile", "Vagrantfile", "Podfile", "Fastfile", "Brewfile"),
        shebangs=("ruby", "jruby"),
        grammar_module="tree_sitter_ruby",
        definitions={
            "module": _scope_namer("module"),
            "class": _scope_namer("class"),
            "method": "method",
            "singleton_method": "method",
            "assignment": _assignment_names,
            "call": _accessors,
        },
        bodies=word_set(
            "program body_statement singleton_class call do_block block block_body if unless else then begin"
        ),
        landmarks="def|class|module|require|require_relative|load|autoload",
        noise=(
            ("#", r"[^\n]*"),
            ('"', LINE_STRING),
            ("'", LINE_STRING.replace('"', "'")),
            ("=", r"(?<=\n=)begin\b(?:[^\n]|\n(?!=end))*"),
        ),
        word_tail=r"(?:[?!](?![=~]))?",
        interpolating='"',
        interpolation=r"#\{([^{}]*)",
        keywords=word_set(
            "alias and begin BEGIN break case class def defined? do else elsif end END ensure extend false for if "
            "in include loop module next nil not or private protected public raise redo rescue retry return self "
            "super then true undef unless until when while yield lambda proc puts"
        ),
        comment_marks=(b"#",),
        import_nodes=frozenset({"call"}),
        imports=_imports,
        candidates=_candidates,
    ),
)
