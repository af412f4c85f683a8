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
        "has no repository ../team/web/shpo; did you mean ../team/web/shop? (see `noctule workspace list`)"
    )
    pack = noctule.json("context", top.root, "--task", "renderButton escapes no label")
    assert [one["repository"] for one in pack["files"]] == ["../team/web/shop"]
    assert names("remove", top.root, "../team/web/shop") == []


def make_history(root: Path, commits: list[tuple[int, str, str]]) -> Repository:
    """Make a repository of commits (time, message, file), each of which changes one file."""
    repository, stream = Repository(root), ""
    for number, (time, message, file) in enumerate(commits):
        content = f"def send_invoice(order):\n    return order.total + {number}\n"
        stream += (
            f"commit refs/heads/main\ncommitter Ada <ada@example.org> {time} +0000\ndata {len(message)}\n{message}\n"
        )
        stream += f"M 100644 inline {file}\ndata {len(content)}\n{content}\n"
    repository.git("fast-import", "--quiet", input=stream.encode())
    repository.git("checkout", "-q", "main")
    return repository


def make_pair(folder: Path) -> tuple[Repository, Repository]:
    """Make two repositories: whoever changes the schema of one changes the types of the other the same day."""
    times = [1_600_000_000 + 8 * 86_400 * step for step in range(40)]
    schema = [(time, f"Send field {step} of the schema", "api/schema.py") for step, time in enumerate(times)]
    others = [(time + 86_400, "Tidy up", "api/other.py") for time in times]
    types = [(time + 3_600, f"Show field {step} of the schema", "src/types.ts") for step, time in enumerate(times)]
    api = make_history(folder / "api", sorted(schema + others))
    return api, make_history(folder / "web", types)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Repository, Repository]:
    return make_pair(tmp_path / "team")


def test_what_changes_in_another_repository_is_told_with_its_hit_rate(
    noctule: Noctule, pair: tuple[Repository, Repository]
) -> None:
    folder = pair[0].root.parent
    slept = noctule.json("sleep", folder)
    forecast = noctule.json("predict", folder, "api/api/schema.py")
    notes = noctule.json("notes", folder, "api/api/schema.py")
    pack = noctule.json("context", folder, "--task", "send_invoice in schema.py should round the total")
    unrelated = noctule.json("predict", folder, "api/api/other.py")

    assert slept["joint_changes"] == 2
    assert [one["repository"] for one in slept["repositories"]] == ["api", "web"]
    (point,) = [one for one in forecast["change_points"] if one["repository"] == "web"]
    assert point["path"] == "web/src/types.ts"
    assert point["probability"] > 0.9
    assert point["reasons"][0]["kind"] == "changes in other repositories"
    (claim,) = [one for one in notes["notes"][0]["note"]["claims"] if one["kind"] == "changes in other repositories"]
    assert claim["text"].startswith(
        "web/src/types.ts changed too with 10 of the latest 10 commits that changed api/api/schema.py"
    )
    assert claim["evidence"][0]["commits"] == pair[0].git("log", "-10", "--format=%H", "--", "api/schema.py").split()
    assert "web/src/types.ts" in [one["path"] for one in pack["files"]]
    assert claim["text"] in pack["text"]
    assert pack["tokens"] <= pack["budget_tokens"]
    assert [one for one in unrelated["change_points"] if one["repository"] == "web"] == []


def test_nothing_is_told_of_another_repository_from_commits_that_are_not_checked_out(
    noctule: Noctule, pair: tuple[Repository, Repository]
) -> None:
    def expected() -> list[str]:
        found = noctule.json("predict", folder, "api/api/schema.py")["change_points"]
        return [one["path"] for one in found if one["repository"] == "web"]

    api, web = pair
    folder = api.root.parent
    noctule.ok("sleep", folder)
    api.commit("A later change", {"later.py": "x = 1\n"})
    after_a_commit = expected()
    api.git("checkout", "-q", "-b", "before", "main~30")
    noctule.ok("sleep", api.root)
    on_an_earlier_commit = expected()
    api.git("checkout", "-q", "main")
    (web.root / "src/types.ts").unlink()
    without_the_file = expected()
    web.git("checkout", "-q", "--", ".")
    noctule.ok("forget", web.root, "--yes")
    noctule.ok("sleep", web.root)

    assert after_a_commit == ["web/src/types.ts"]
    assert on_an_earlier_commit == []
    assert without_the_file == []
    assert expected() == []


def test_a_sleep_in_a_workspace_indexes_each_of_its_repositories(noctule: Noctule, folder: Path) -> None:
    (folder / "closed").mkdir()
    (folder / "closed/.git").write_text("gitdir: /nowhere\n")
    Repository(folder / "old", "--object-format=sha1").git("config", "core.repositoryFormatVersion", "99")
    ran = noctule("sleep", folder)
    (folder / "web/shop/src/link.ts").write_text(BUTTON)
    known = {one["repository"]: one["status"]["files"] for one in noctule.json("status", folder)["repositories"]}
    lines = noctule.ok("status", folder).out.splitlines()
    again = noctule("sleep", folder, "--json")
    refused = noctule("sleep", folder, "--think")

    assert ran.code == 1
    assert "billing\nIndexed " in ran.out
    assert "web/shop\nIndexed " in ran.out
    assert "old (4 of 5) cannot be indexed: git cannot open " in ran.err
    assert (known["billing"], known["web/shop"]) == (1, 2)
    assert lines[0].split(maxsplit=1) == ["billing", "up to date: 1 file, 1 commit"]
    assert lines[-1].split(maxsplit=1) == ["web/shop", "1 changed file not indexed yet: 2 files, 1 commit"]
    assert again.code == 1
    assert refused.code == 2
    assert "--think is about one repository" in refused.complaint


def test_what_an_answer_prints_is_understood_when_it_is_asked_back(noctule: Noctule, tmp_path: Path) -> None:
    cart, folder = "def add_to_cart(item):\n    return [item]\n", tmp_path / "team"
    top = Repository(folder)
    Repository(folder / "lib").commit("Add to the cart", {"cart.py": cart, "same.py": cart})
    Repository(folder / "api").commit("Serve the cart", {"serve.py": "def serve():\n    return 1\n", "same.py": cart})
    for name in ("lib", "api"):
        top.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(folder / name), name)
    top.commit("Run the shop", {"app.py": "def run():\n    return 1\n"})
    text = noctule.ok("context", folder, "--task", "add_to_cart in cart.py should take a list of items").out

    def subjects(name: str) -> list[tuple[str, str]]:
        found = noctule.json("notes", folder, name)["notes"]
        return [(one["repository"], one["note"]["subject"]) for one in found]

    assert "Repository lib/:" in text
    assert "cart.py" in text
    assert subjects("cart.py") == subjects("lib/cart.py") == [("lib", "cart.py")]
    assert subjects("cart.py:add_to_cart") == [("lib", "cart.py:add_to_cart")]
    assert subjects("same.py") == [("api", "same.py"), ("lib", "same.py")]
    assert subjects("app.py") == [(".", "app.py")]
    assert noctule("notes", folder, "nothing.py").code == 2
    assert noctule.json("predict", folder, "cart.py")["failed"] == {}
    assert noctule("predict", folder, "same.py").complaint.endswith(
        f"same.py lies in 2 repositories of {folder}; did you mean api/same.py or lib/same.py?"
    )


def test_what_says_nothing_is_said_once(noctule: Noctule, folder: Path) -> None:
    about_else = noctule.ok("context", folder, "--task", "zebra quagga okapi")
    notes = noctule.ok("notes", cwd=folder)

    assert about_else.out == "Noctule: nothing in these repositories clearly matches this task.\n"
    assert notes.out.count("o notes: ") == 1
    assert "web/shop: no notes: " in notes.out
