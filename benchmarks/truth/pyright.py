"""`python -m benchmarks.truth.pyright SERVER PYTHON REQUEST ANSWER`: resolve each identifier with pyright.

Asks the language server for the definition of each name that is known; see oracle.py for both files. What imports mean
is worked out from Python's own syntax trees.
"""

from __future__ import annotations

import ast
import io
import json
import keyword
import re
import sys
import time
import tokenize
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.truth.language_server import Server, Token, find_meanings, greet

_KEY = re.compile(r"""(['"])(\w+)\1""")


def find_tokens(text: str, names: frozenset[str], keys: frozenset[str] = frozenset()) -> list[Token]:
    """Return (line, column, name) of the names that stand in a text, also in the fields of its f-strings.

    Of `keys`, also texts are returned: `value["key"]` may mean what a `TypedDict` declares.
    """
    found: list[Token] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            line, column = token.start[0] - 1, token.start[1]
            if token.type == tokenize.NAME and token.string in names and not keyword.iskeyword(token.string):
                found.append((line, column, token.string))
            elif token.type == tokenize.STRING and (key := _KEY.fullmatch(token.string)) and key[2] in keys:
                found.append((line, column + 1, key[2]))
            elif token.type == tokenize.STRING and "f" in token.string[:2].lower() and line == token.end[0] - 1:
                for field in re.finditer(r"\{([^{}]*)\}", token.string):
                    for word in re.finditer(r"[A-Za-z_]\w+", field[1]):
                        if word[0] in names:
                            found.append((line, column + field.start(1) + word.start(), word[0]))
    except (tokenize.TokenError, SyntaxError):
        pass  # what was found before it counts
    return found


def find_keys(root: Path, paths: Sequence[str]) -> frozenset[str]:
    """Return the keys that types of dictionaries declare: classes that inherit from `TypedDict`."""
    trees = (tree for _, tree in _trees(root, paths))
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    known = {"TypedDict"}
    while more := {c.name for c in classes if known & {ast.unparse(base).split(".")[-1] for base in c.bases}} - known:
        known |= more
    fields = [field for c in classes if c.name in known for field in c.body if isinstance(field, ast.AnnAssign)]
    return frozenset(field.target.id for field in fields if isinstance(field.target, ast.Name))


class KeyTypes:
    """What keys of dictionaries mean whose types are known: `value["key"]`, `value.get("key")`, `"key" in value`.

    Of a value that may be of several types pyright names no definition of a key; it does name the types.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._classes: dict[str, list[ast.ClassDef]] = {}

    def find_values(self, text: str) -> dict[tuple[int, str], tuple[int, int]]:
        """Return where the value ends that each key belongs to, by the line and the name of the key."""
        try:
            with warnings.catch_warnings(action="ignore"):
                tree = ast.parse(text)
        except (SyntaxError, ValueError):
            return {}
        lines = text.split("\n")
        found: dict[tuple[int, str], tuple[int, int]] = {}
        for node in ast.walk(tree):
            key, value = _key_and_value(node)
            if (
                isinstance(key, ast.Constant)
                and isinstance(key.value, str)
                and isinstance(value, ast.Name | ast.Attribute)
            ):
                line = (value.end_lineno or 1) - 1
                column = len(lines[line].encode()[: value.end_col_offset].decode("utf-8", "replace")) - 1
                found[key.lineno - 1, key.value] = line, column
        return found

    def find_fields(self, types: Sequence[tuple[str, int]], key: str) -> list[tuple[str, int]]:
        """Return where the types declare a key; outside of the repository, where none does."""
        found = [(path, line) for path, at in types for line in self._find_field(path, at, key)]
        return found or ([("", 0)] if types else [])

    def _find_field(self, path: str, at: int, key: str) -> Iterator[int]:
        if path and path not in self._classes:
            trees = _trees(self._root, [path])
            self._classes[path] = [
                node for _, tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
            ]
        known = self._classes.get(path, [])
        waiting = [one for one in known if one.lineno - 1 == at]
        while waiting:
            one = waiting.pop()
            fields = [part for part in one.body if isinstance(part, ast.AnnAssign) and ast.unparse(part.target) == key]
            yield from (field.lineno - 1 for field in fields)
            bases = {ast.unparse(base) for base in one.bases}
            waiting += [base for base in known if base.name in bases and base is not one]


def _key_and_value(node: ast.AST) -> tuple[ast.AST | None, ast.AST | None]:
    if isinstance(node, ast.Subscript):
        return node.slice, node.value
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn):
        return node.left, node.comparators[0]
    if isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Attribute):
        is_lookup = node.func.attr in {"get", "pop", "setdefault"}
        return (node.args[0], node.func.value) if is_lookup else (None, None)
    return None, None


def _trees(root: Path, paths: Sequence[str]) -> Iterator[tuple[str, ast.Module]]:
    """Yield each file with its tree, of those that can be parsed."""
    for path in paths:
        try:
            with warnings.catch_warnings(action="ignore"):
                tree = ast.parse((root / path).read_bytes())
        except (SyntaxError, ValueError):
            continue
        yield path, tree


def find_imports(root: Path, paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (importer, imported) as Python's own rules have it, from the folders that could be on its path."""
    known = frozenset(paths)
    for path, tree in _trees(root, paths):
        for node in ast.walk(tree):
            for level, module, names in _modules(node):
                for folder in _folders(path, level, known):
                    one = _find_module(folder, module, known)
                    parts = [_find_module(folder, ".".join(filter(None, (module, name))), known) for name in names]
                    found = {target for target in (one, *parts) if target and target != path}
                    if one or found:
                        yield from ((path, target) for target in sorted(found))
                        break


def _modules(node: ast.AST) -> Iterator[tuple[int, str, list[str]]]:
    if isinstance(node, ast.Import):
        yield from ((0, alias.name, []) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield node.level, node.module or "", [alias.name for alias in node.names]


def _folders(path: str, level: int, known: frozenset[str]) -> Iterator[str]:
    folder = path.rpartition("/")[0]
    if level:
        for _ in range(level - 1):
            folder = folder.rpartition("/")[0]
        yield folder
        return
    yield from ("", "src")  # a package's own folder is none: `import json` there means the library's
    while folder:
        if f"{folder}/__init__.py" not in known:
            yield folder
            return
        folder = folder.rpartition("/")[0]


def _find_module(folder: str, module: str, known: frozenset[str]) -> str:
    start = "/".join(part for part in (folder, *module.split(".")) if part)
    endings = ("/__init__.py",) if not module else (".py", "/__init__.py", ".pyi")
    return next((start + ending for ending in endings if start + ending in known), "")


def main() -> None:
    """Ask pyright."""
    program, python, request, answer = sys.argv[1:]
    asked = json.loads(Path(request).read_text())
    root, names = Path(asked["root"]), frozenset(asked["names"])
    analysis = {
        "diagnosticMode": "openFilesOnly",
        "typeCheckingMode": "off",
        "useLibraryCodeForTypes": True,
        "autoSearchPaths": True,
        "extraPaths": [str(root), str(root / "src")],
    }
    settings = {"python": {"pythonPath": python, "analysis": {}}, "python.analysis": analysis}
    # A file of the repository may keep its tests out of the checker's sight; ours stands in for it.
    config = root / "pyrightconfig.json"
    config.write_text(json.dumps({"include": ["."], "exclude": [], "extraPaths": ["src", "."]}))
    server = Server(["node", "--max-old-space-size=6000", program, "--stdio"], settings)
    try:
        _ask(server, root, asked["paths"], names, Path(answer))
    finally:
        server.close()
        config.unlink()


def _ask(server: Server, root: Path, paths: Sequence[str], names: frozenset[str], answer: Path) -> None:
    greet(server, root)
    time.sleep(2)  # it takes the configuration first, and says nothing when it has
    keys = find_keys(root, paths)
    types = KeyTypes(root)
    with answer.open("w") as out:
        for path in paths:
            if path.endswith((".py", ".pyi")):
                text = (root / path).read_text("utf-8", "replace")
                tokens = find_tokens(text, names, keys)
                told = list(find_meanings(server, root, path, "python", tokens))
                values = types.find_values(text) if keys else {}
                unknown = [(line, name) for line, name, means in told if not means and (line, name) in values]
                places = [(*values[one], one[1]) for one in unknown]
                asked = find_meanings(server, root, path, "python", places, "typeDefinition") if places else ()
                of = {key: types.find_fields(found, key[1]) for key, (_, _, found) in zip(unknown, asked, strict=True)}
                for line, name, means in told:
                    out.write(json.dumps(["use", path, line, name, means or of.get((line, name), [])]) + "\n")
        for pair in find_imports(root, paths):
            out.write(json.dumps(["import", *pair]) + "\n")


if __name__ == "__main__":
    main()
