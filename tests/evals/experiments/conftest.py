"""What is asked in tests of experiments: one task of a small repository."""

from __future__ import annotations

import pytest

from noctule.evals.tasks.task import Task
from noctule.indexer.files.git import RepositoryPlace, discover
from tests.evals.conftest import Shop


@pytest.fixture
def place(shop: Shop) -> RepositoryPlace:
    found = discover(shop.root)
    assert found is not None
    return found


@pytest.fixture
def task(shop: Shop) -> Task:
    return Task("t1", "issue", "shop", shop.base, "The discount fails", shop.patch(shop.base, shop.fix), pair="t1")
