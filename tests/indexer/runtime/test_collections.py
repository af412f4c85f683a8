from __future__ import annotations

import gc

import pytest

from noctule.indexer.runtime.collections import no_collections


def test_garbage_is_looked_for_again_after_an_error() -> None:
    seen = []

    @no_collections()
    def fail() -> None:
        seen.append(gc.isenabled())
        raise ValueError("amid")

    with pytest.raises(ValueError, match="amid"):
        fail()

    assert (seen, gc.isenabled()) == ([False], True)


def test_who_looks_for_none_anyway_goes_on_so() -> None:
    with no_collections():
        with no_collections():
            pass

        assert not gc.isenabled()
