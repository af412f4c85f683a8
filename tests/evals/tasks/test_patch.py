from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.evals.errors import BadPatch
from noctule.evals.tasks.patch import FilePatch, read

PATCH = """\
diff --git a/shop/price.py b/shop/price.py
index 1..2 100644
--- a/shop/price.py
+++ b/shop/price.py
@@ -1,6 +1,7 @@ RATES
 a
-b
-c
+B
 d
+e
+f
 g
 h
@@ -20,2 +21,0 @@
-x
-y
diff --git a/old name.py b/new name.py
similarity index 90%
rename from old name.py
rename to new name.py
--- a/old name.py
+++ b/new name.py
@@ -3 +3 @@
-- a removed line that starts like a header
+++ an added one
diff --git a/added.py b/added.py
new file mode 100644
--- /dev/null
+++ b/added.py
@@ -0,0 +1,2 @@
+a
+b
diff --git a/gone.py b/gone.py
deleted file mode 100644
--- a/gone.py
+++ /dev/null
@@ -1 +0,0 @@
-a
\\ No newline at end of file
diff --git a/moved.png b/kept.png
similarity index 100%
rename from moved.png
rename to kept.png
diff --git "a/caf\\303\\251.py" "b/caf\\303\\251.py"
index 1..2 100644
--- "a/caf\\303\\251.py"
+++ "b/caf\\303\\251.py"
@@ -0,0 +1 @@
+a
"""


def test_a_patch_gives_the_old_lines_that_each_file_loses_or_grows_behind() -> None:
    assert read(PATCH) == (
        FilePatch("shop/price.py", "shop/price.py", (2, 3, 20, 21), (4,)),
        FilePatch("old name.py", "new name.py", (3,), ()),
        FilePatch(None, "added.py", (), (0,)),
        FilePatch("gone.py", None, (1,), ()),
        FilePatch("moved.png", "kept.png"),
        FilePatch("café.py", "café.py", (), (0,)),
    )


def test_a_patch_without_git_headers_and_with_windows_line_ends_is_read() -> None:
    patch = "--- a/x.py\t2024-01-01\r\n+++ b/x.py\t2024-01-02\r\n@@ -1,2 +1,2 @@\r\n-a\r\n+b\r\n\r\n"

    assert read(patch) == (FilePatch("x.py", "x.py", (1,), ()),)


@pytest.mark.parametrize(
    "text",
    [
        "this is no patch\n",
        "diff --git nothing\n",
        "--- a/x\n+++ b/x\n@@ -1,5 +1,5 @@\n a\n",
        "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n!b\n",
    ],
)
def test_a_text_that_is_no_whole_patch_is_refused(text: str) -> None:
    with pytest.raises(BadPatch):
        read(text)


def test_an_empty_patch_changes_nothing() -> None:
    assert read("") == ()


LINES = st.lists(
    st.sampled_from(["a", "b", "", "-", "--- x", "+++ y", "@@ -1 +1 @@", "diff --git a/x b/x"]), max_size=12
)


@given(old=LINES, new=LINES, context=st.integers(0, 3))
def test_the_touched_lines_are_those_that_git_changes(
    tmp_path_factory: pytest.TempPathFactory, old: list[str], new: list[str], context: int
) -> None:
    folder = tmp_path_factory.mktemp("diff")
    texts = ["".join(f"{line}\n" for line in lines) for lines in (old, new)]
    for name, text in zip("ab", texts, strict=True):
        Path(folder, name).write_text(text)
    command = ["git", "diff", "--no-index", f"-U{context}", "--no-color", "--", "a", "b"]
    diff = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout

    patches = read(diff)

    assert bool(patches) == (texts[0] != texts[1])
    for patch in patches:
        # What stays of the old lines stands in the new ones, in order.
        kept = [line for number, line in enumerate(old, 1) if number not in patch.removed]
        rest = iter(new)
        assert all(line in rest for line in kept)
        assert all(0 <= line <= len(old) for line in (*patch.removed, *patch.inserted_after))
