"""What imports mean in one repository, where a language writes down what the repository's folders are called.

Knows paths and what was learned of them; reads no file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from noctule.indexer.parse.languages import all_languages
from noctule.indexer.parse.languages.language import Candidates
from noctule.indexer.store.rows import decode_imports


def is_manifest(path: str) -> bool:
    """Tell whether a file says what its folder is called in imports."""
    name = path.rpartition("/")[2]
    return any(language.manifest == name for language in all_languages() if language.manifest)


def import_candidates(paths: Sequence[str], learned: Callable[[list[int]], Sequence[str]]) -> Mapping[str, Candidates]:
    """Return for each language what its imports may mean; `learned` gives the stored imports of files."""
    by_language: dict[str, Candidates] = {}
    for language in all_languages():
        modules: dict[str, str] = {}
        if language.manifest:
            ending = f"/{language.manifest}"
            files = [
                i for i, path in enumerate(paths) if path.endswith(language.manifest) and f"/{path}".endswith(ending)
            ]
            for file, text in zip(files, learned(files), strict=True):
                modules |= {paths[file].rpartition("/")[0]: name for name, _, _ in decode_imports(text)}
        by_language[language.name] = language.bind_modules(modules)
    return by_language
