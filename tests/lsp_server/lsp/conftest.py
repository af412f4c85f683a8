"""The shop that is known, and the command with a store of its own."""

from __future__ import annotations

from tests.e2e.conftest import known, noctule, pair, pristine_shop, shop

__all__ = ["known", "noctule", "pair", "pristine_shop", "shop"]
