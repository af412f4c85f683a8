"""Makes indexer/search/common_terms.txt: which terms stand in most repositories. Changes that file alone.

    python -m benchmarks.common_terms STORE STORE ...

Each STORE is a folder that `noctule sleep` made in the cache folder, of one repository each; 40 in many languages will
do. Prints how many terms are in each row.
"""

from __future__ import annotations

import sqlite3
import sys
from collections import Counter
from pathlib import Path

from noctule.indexer.search.common_terms import LEVELS, TERMS_FILE


def find_terms(store: Path) -> set[str]:
    """Return the terms of what a store has learned."""
    database = sqlite3.connect(f"file:{store / 'store.db'}?mode=ro", uri=True)
    return {term for (term,) in database.execute("SELECT DISTINCT term FROM posting") if term.isascii()}


def nearest_level(share: float) -> float:
    """Return the level that is nearest to a share of repositories."""
    return min(LEVELS, key=lambda level: abs(level - share))


def write_rows(stores: list[Path]) -> dict[float, list[str]]:
    """Return by level the terms that so many of the stores have."""
    counts = Counter(term for store in stores for term in find_terms(store))
    rows: dict[float, list[str]] = {level: [] for level in LEVELS}
    for term, count in sorted(counts.items()):
        if term.isalpha() and count >= (min(LEVELS) - 0.05) * len(stores):
            rows[nearest_level(count / len(stores))].append(term)
    return rows


def main() -> None:
    """Write the file."""
    rows = write_rows([Path(name) for name in sys.argv[1:]])
    TERMS_FILE.write_text("".join(f"{level} {' '.join(terms)}\n" for level, terms in rows.items()))
    for level, terms in rows.items():
        print(f"{level}: {len(terms)} terms")


if __name__ == "__main__":
    main()
