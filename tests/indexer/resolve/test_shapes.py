"""Ten shapes in which an equal word is no use, or a use bears no import: what notes say of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

SHAPES: dict[str, tuple[dict[str, str], str, list[str], list[str]]] = {
    "a list bears a method of that name": (
        {
            "one/log.py": "class Log:\n    def extend(self, lines):\n        return self\n",
            "one/print.py": "from one.log import Log\n\n\ndef show(log: Log, names):\n    shown = []\n"
            "    shown.extend(names)\n    return log, shown\n",
            "one/keep.py": "from one.log import Log\n\n\ndef keep(names):\n    log = Log()\n    log.extend(names)\n",
        },
        "one/log.py:Log.extend",
        ["Used by one/keep.py (keep)."],
        ["one/print.py"],
    ),
    "what a call returns, inside of a method of that name": (
        {
            "two/post/Lamp.java": "package post;\n\npublic class Lamp {\n    public void dim(int by) {}\n}\n",
            "two/hall/Rack.java": "package hall;\n\nimport post.Lamp;\n\npublic class Rack {\n"
            "    public Lamp last() { return new Lamp(); }\n}\n",
            "two/home/Room.java": "package home;\n\nimport hall.Rack;\n\npublic class Room {\n"
            "    private final Rack rack = new Rack();\n\n    public void dim(int by) {\n        rack.last().dim(by);\n"
            "    }\n}\n",
        },
        "two/post/Lamp.java:Lamp.dim",
        ["Used by two/home/Room.java"],
        [],
    ),
    "two barrels, and a namesake that is imported elsewhere": (
        {
            "three/lib/cut/saw.ts": "export function trim(length: number) {\n  return length\n}\n",
            "three/lib/cut/index.ts": "export { trim } from './saw'\n",
            "three/lib/index.ts": "export * from './cut'\n",
            "three/lib/hair/barber.ts": "export function trim(head: number) {\n  return head\n}\n",
            "three/app/bench.ts": "import { trim } from '../lib'\n\nexport const plank = trim(2)\n",
            "three/app/salon.ts": "import { trim } from '../lib/hair/barber'\n\nexport const done = trim(1)\n",
        },
        "three/lib/cut/saw.ts:trim",
        ["three/app/bench.ts"],
        ["three/app/salon.ts"],
    ),
    "constructors of the library are called new, too": (
        {
            "four/Cargo.toml": '[package]\nname = "mill"\nversion = "0.1.0"\nedition = "2021"\n',
            "four/src/lib.rs": "pub mod wheel;\npub mod race;\n",
            "four/src/wheel.rs": "pub struct Wheel { pub spokes: u8 }\n\nimpl Wheel {\n"
            "    pub fn new() -> Wheel {\n        Wheel { spokes: 8 }\n    }\n}\n",
            "four/src/race.rs": "use crate::wheel::Wheel;\n\npub fn race() -> Wheel {\n"
            "    let lanes: Vec<u8> = Vec::new();\n    drop(lanes);\n    Wheel { spokes: 3 }\n}\n",
        },
        "four/src/wheel.rs:Wheel.new",
        [],
        ["Used by", "four/src/race.rs"],
    ),
    "a prototype and its definition are one function": (
        {
            "five/in/tape.h": "#ifndef TAPE_H\n#define TAPE_H\nint tape_wind(int *at, int by);\n#endif\n",
            "five/in/tape.c": '#include "tape.h"\n\nint tape_wind(int *at, int by) {\n    return *at += by;\n}\n',
            "five/out/play.c": '#include "../in/tape.h"\n\nint play(int *at) {\n    return tape_wind(at, 2);\n}\n',
            "five/out/stop.c": '#include "../in/tape.h"\n\nint stop(int *at) {\n    return *at = 0;\n}\n',
        },
        "five/in/tape.c:tape_wind",
        ["Used by five/out/play.c (play)."],
        ["five/out/stop.c"],
    ),
    "a file of the library is flushed, not ours": (
        {
            "six/go.mod": "module example.org/six\n\ngo 1.21\n",
            "six/pipe/pipe.go": "package pipe\n\ntype Pipe struct{ full bool }\n\n"
            "func Lay() *Pipe { return &Pipe{full: true} }\n\nfunc (p *Pipe) Sync() error { return nil }\n",
            "six/web/disk.go": 'package web\n\nimport (\n\t"os"\n\n\t"example.org/six/pipe"\n)\n\n'
            "func Save(p *pipe.Pipe, path string) error {\n\tfile, err := os.Create(path)\n\tif err != nil {\n"
            "\t\treturn err\n\t}\n\treturn file.Sync()\n}\n",
            "six/cmd/main.go": 'package main\n\nimport "example.org/six/pipe"\n\nfunc main() {\n\tp := pipe.Lay()\n'
            "\tp.Sync()\n}\n",
        },
        "six/pipe/pipe.go:Pipe.Sync",
        ["Used by six/cmd/main.go (main)."],
        ["six/web/disk.go"],
    ),
    "a parameter and a keyword bear the name of a function": (
        {
            "seven/conf.py": "def retries():\n    return 3\n\n\ndef pause():\n    return 1\n",
            "seven/loop.py": "from seven.conf import pause\n\n\ndef loop(call, retries=2):\n"
            "    call(retries=retries, wait=pause())\n",
            "seven/main.py": "from seven import conf\n\n\ndef main(loop):\n    loop(print, conf.retries())\n",
        },
        "seven/conf.py:retries",
        ["Used by seven/main.py (main)."],
        ["seven/loop.py"],
    ),
    "a method that is inherited": (
        {
            "eight/animal.py": "class Animal:\n    def feed(self):\n        return 1\n",
            "eight/bird.py": "from eight.animal import Animal\n\n\nclass Bird(Animal):\n    wings = 2\n",
            "eight/oven.py": "class Oven:\n    def feed(self):\n        return 0\n",
            "eight/park.py": "from eight.bird import Bird\n\n\ndef noon():\n    bird = Bird()\n"
            "    return bird.feed()\n",
            "eight/bake.py": "from eight.oven import Oven\n\n\ndef heat():\n    return Oven().feed()\n",
        },
        "eight/animal.py:Animal.feed",
        ["Used by eight/park.py (noon)."],
        ["eight/bake.py"],
    ),
    "a wildcard import means a package that lies in two folders": (
        {
            "nine/src/main/java/org/inn/Bell.java": "package org.inn;\n\npublic class Bell {\n"
            "    public int ring(int times) {\n        return times;\n    }\n}\n",
            "nine/src/main/java/org/inn/Phone.java": "package org.inn;\n\npublic class Phone {\n"
            "    public int ring(int times) {\n        return 0;\n    }\n}\n",
            "nine/src/test/java/org/inn/Guest.java": "package org.inn;\n\npublic class Guest {}\n",
            "nine/src/test/java/org/inn/desk/BellTest.java": "package org.inn.desk;\n\nimport org.inn.*;\n\n"
            "public class BellTest {\n    public void rings() {\n        Bell bell = new Bell();\n"
            "        assert bell.ring(2) == 2;\n    }\n}\n",
        },
        "nine/src/main/java/org/inn/Bell.java:Bell.ring",
        ["Exercised by nine/src/test/java/org/inn/desk/BellTest.java"],
        [],
    ),
    "an array is sorted, not ours": (
        {
            "ten/lib/deck.js": "export class Deck {\n  constructor() {\n    this.cards = []\n  }\n"
            "  sort() {\n    return this\n  }\n}\n",
            "ten/lib/list.js": "import { Deck } from './deck.js'\n\nexport function list(deck = new Deck()) {\n"
            "  const found = [...deck.cards]\n  found.sort()\n  return found\n}\n",
            "ten/lib/deal.js": "import { Deck } from './deck.js'\n\nexport function deal() {\n"
            "  const deck = new Deck()\n  return deck.sort()\n}\n",
        },
        "ten/lib/deck.js:Deck.sort",
        ["Used by ten/lib/deal.js (deal)."],
        ["ten/lib/list.js"],
    ),
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """All shapes in one repository, each in a folder of its own."""
    root: Path = tmp_path_factory.mktemp("shapes")
    made = Made(root / "all")
    made.commit("Begin", {path: text for files, *_ in SHAPES.values() for path, text in files.items()})
    opened = Repository.open(made.root, cache=root / "cache")
    opened.sleep()
    return opened


@pytest.mark.parametrize("name", SHAPES)
def test_notes_say_what_is_true(repository: Repository, name: str) -> None:
    _, subject, says, never_says = SHAPES[name]

    told = " ".join(claim.text for claim in repository.notes(subject).claims if claim.kind in {"users", "tests"})

    assert [text for text in says if text not in told] == []
    assert [text for text in never_says if text in told] == []
