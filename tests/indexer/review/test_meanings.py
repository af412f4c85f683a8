"""A name that other files have, too: which of them may mean the definition that a change removes."""

from __future__ import annotations

from pathlib import Path

import pytest

from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

PHP = "<?php\nnamespace Shop\\Test;\n"
CASES = {
    "php": (
        ("src/Shop/Test/BaseCase.php", f"{PHP}class BaseCase {{}}\n"),
        {
            "a/Qualified.php": "<?php\nnamespace A;\nclass Qualified extends \\Unit\\Framework\\BaseCase {}\n",
            "a/Imported.php": "<?php\nnamespace A;\nuse Unit\\BaseCase;\nclass Imported extends BaseCase {}\n",
            "a/Grouped.php": "<?php\nnamespace A;\nuse Unit\\{Other, BaseCase};\nclass Grouped extends BaseCase {}\n",
            "a/Global.php": "<?php\nnamespace A;\nclass Globally extends \\BaseCase {}\n",
            "a/Near.php": "<?php\nnamespace A;\nclass Near extends BaseCase {}\n",
            "a/Text.php": "<?php\nnamespace Shop\\Test;\n$a = 'Unit\\BaseCase'; $b = 'a/BaseCase.php';\n",
            "src/Shop/Test/Own.php": f"{PHP}class Own extends BaseCase {{}}\n",
        },
        {"src/Shop/Test/Own.php"},
    ),
    "java": (
        ("src/shop/BaseCase.java", "package shop;\npublic class BaseCase {}\n"),
        {
            "src/a/Imported.java": "package a;\nimport org.unit.BaseCase;\nclass Imported extends BaseCase {}\n",
            "src/shop/Beside.java": "package shop;\nimport org.unit.BaseCase;\nclass Beside extends BaseCase {}\n",
            "src/shop/Full.java": "package shop;\nclass Full extends org.shop.BaseCase {}\n",
            "src/shop/Own.java": "package shop;\nclass Own extends BaseCase {}\n",
        },
        {"src/shop/Own.java"},
    ),
    "kotlin": (
        ("src/shop/BaseCase.kt", "package shop\nopen class BaseCase\n"),
        {
            "src/shop/Renamed.kt": "package shop\nimport org.unit.Case as BaseCase\nclass Renamed : BaseCase()\n",
            "src/shop/Beside.kt": "package shop\nimport org.unit.BaseCase\nclass Beside : BaseCase()\n",
            "src/shop/Own.kt": "package shop\nclass Own : BaseCase()\n",
        },
        {"src/shop/Own.kt"},
    ),
    "csharp": (
        ("shop/BaseCase.cs", "namespace Shop {\n  public class BaseCase {}\n}\n"),
        {
            "a/Alias.cs": "using BaseCase = Unit.BaseCase;\nnamespace A {\n  class Alias : BaseCase {}\n}\n",
            "a/Full.cs": "namespace Shop {\n  class Full : Unit.Shop.BaseCase {}\n}\n",
            "a/Elsewhere.cs": "using Unit;\nnamespace A {\n  class Elsewhere : BaseCase {}\n}\n",
            "a/Own.cs": "using Shop;\nnamespace A {\n  class Own : BaseCase {}\n}\n",
        },
        {"a/Own.cs"},
    ),
    "python": (
        ("shop/base_case.py", "class BaseCase:\n    pass\n"),
        {
            "shop/imported.py": "from unit.base_case import BaseCase\n\n\nclass Imported(BaseCase):\n    pass\n",
            "shop/module.py": "from unit import base_case\n\n\nclass Module(base_case.BaseCase):\n    pass\n",
            "shop/own.py": "from shop.base_case import BaseCase\n\n\nclass Own(BaseCase):\n    pass\n",
        },
        {"shop/own.py"},
    ),
    "ruby": (
        ("lib/shop/base_case.rb", "module Shop\n  class BaseCase\n  end\nend\n"),
        {
            "lib/full.rb": "class Full < Unit::Shop::BaseCase\nend\n",
            "lib/unit.rb": "class Other < Unit::BaseCase\nend\n",
            "lib/own.rb": "class Own < Shop::BaseCase\nend\n",
        },
        {"lib/own.rb"},
    ),
    "typescript": (
        ("shop/BaseCase.ts", "export class BaseCase {}\n"),
        {
            "a/imported.ts": 'import { BaseCase } from "unit";\nexport class Imported extends BaseCase {}\n',
            "a/module.ts": 'import BaseCase from "unit/BaseCase";\nexport class Module extends BaseCase {}\n',
            "a/near.ts": 'import { BaseCase } from "./BaseCase";\nexport class Near extends BaseCase {}\n',
            "a/own.ts": 'import { BaseCase } from "@/shop/BaseCase";\nexport class Own extends BaseCase {}\n',
        },
        {"a/own.ts"},
    ),
}


@pytest.mark.parametrize("language", CASES)
def test_a_name_that_a_file_has_from_elsewhere_is_not_the_one_removed(tmp_path: Path, language: str) -> None:
    removed, others, expected = CASES[language]

    assert _find_users(tmp_path / "all", removed, others) == expected
    elsewhere = {path: text for path, text in others.items() if path not in expected}
    assert _find_users(tmp_path / "elsewhere", removed, elsewhere) == set()


def _find_users(folder: Path, removed: tuple[str, str], others: dict[str, str]) -> set[str]:
    made = Made(folder / "repo")
    made.commit("Start", {removed[0]: removed[1], **others})
    with Repository.open(made.root, cache=folder / "cache") as repository:
        repository.sleep()
        (made.root / removed[0]).unlink()
        found = repository.review().findings
    return {one.path for one in found if one.subject.endswith("BaseCase")}
