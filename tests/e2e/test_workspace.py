"""A folder with several repositories is asked as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Noctule
from tests.repositories import Repository

INVOICE = "def make_invoice(order):\n    return order.total\n\n\ndef send_invoice(invoice):\n    return invoice\n"
BUTTON = "export function renderButton(label: string) {\n  return `<button>${label}</button>`\n}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Repository(tmp_path / "team/billing").commit("Send invoices", {"src/invoice.py": INVOICE})
    Repository(tmp_path / "team/web/shop").commit("Show buttons", {"src/button.ts": BUTTON})
    (tmp_path / "team/broken/.git").mkdir(parents=True)
    return tmp_path / "team"


def test_one_answer_over_all_repositories_names_that_of_each_file(noctule: Noctule, folder: Path) -> None:
    task = "send_invoice should round the total of make_invoice and renderButton should show it"
    pack = noctule.json("context", folder, "--task", task)
    narrow = noctule.json("context", folder, "--task", "renderButton escapes no label", "--budget", "400")
    notes = noctule.json("notes", folder, "web/shop/src/button.ts")
    forecast = noctule.json("predict", folder, "billing/src/invoice.py")

    assert {(one["repository"], one["path"]) for one in pack["files"]} == {
        ("billing", "billing/src/invoice.py"),
        ("web/shop", "web/shop/src/button.ts"),
    }
    assert [one["rank"] for one in pack["files"]] == [1, 2]
    assert pack["tokens"] <= pack["budget_tokens"]
    assert sum(one["budget_tokens"] for one in pack["repositories"]) <= pack["budget_tokens"]
    assert [name in pack["text"] for name in ("Repository billing/:", "Repository web/shop/:")] == [True, True]
    assert [one["repository"] for one in narrow["files"]] == ["web/shop"]
    assert narrow["tokens"] <= 400
    assert [one["repository"] for one in notes["notes"]] == ["web/shop"]
    assert {one["repository"] for one in forecast["change_points"]} <= {"billing"}
    assert set(pack["failed"]) <= {"broken"}


def test_what_a_nested_repository_has_checked_out_is_what_is_answered(noctule: Noctule, folder: Path) -> None:
    billing = Repository(folder / "billing")
    noctule.ok("context", folder, "--task", "send_invoice rounds")
    billing.git("checkout", "-q", "-b", "next")
    billing.commit("Refund", {"src/refund.py": "def refund_order(order):\n    return -order.total\n"})
    noctule.ok("sleep", folder / "billing")
    there = noctule.json("context", folder, "--task", "refund_order is wrong")
    billing.git("checkout", "-q", "main")
    gone = noctule.json("context", folder, "--task", "refund_order is wrong")

    assert "billing/src/refund.py" in [one["path"] for one in there["files"]]
    assert "billing/src/refund.py" not in [one["path"] for one in gone["files"]]


def test_submodules_are_found_and_others_are_added_and_removed(noctule: Noctule, folder: Path, tmp_path: Path) -> None:
    top = Repository(tmp_path / "top")
    top.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(folder / "billing"), "libs/billing")
    top.commit("Use billing", {"app.py": "def run():\n    return 1\n"})

    def names(*args: str | Path) -> list[tuple[str, str]]:
        found = noctule.json("workspace", *args)["repositories"]
        return [(one["name"], one["how"]) for one in found]

    assert names("list", top.root) == [(".", "itself"), ("libs/billing", "submodule")]
    assert names("list", folder / "billing") == []
    assert names("add", top.root, folder / "web/shop") == [
        (".", "itself"),
        ("../team/web/shop", "added"),
        ("libs/billing", "submodule"),
    ]
    assert names("remove", top.root, top.root / "libs/billing") == [(".", "itself"), ("../team/web/shop", "added")]
    assert noctule("workspace", "add", top.root, tmp_path / "team").complaint.endswith("name its top folder")
    assert noctule("workspace", "remove", top.root, "../team/web/shpo").complaint.endswith(
        "has no repository ../team/web/shpo; did you mean ../team/web/shop?; see `noctule workspace list`"
    )
    pack = noctule.json("context", top.root, "--task", "renderButton escapes no label")
    assert [one["repository"] for one in pack["files"]] == ["../team/web/shop"]
    assert names("remove", top.root, "../team/web/shop") == []
