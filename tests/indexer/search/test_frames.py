from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.search.frames import Frame, find_frames
from noctule.indexer.search.query import read

TRACES = {
    "Java": (
        "\tat com.acme.shop.Cart.total(Cart.java:42)\n\tat java.base/java.util.ArrayList.forEach(ArrayList.java:1511)\n"
        "\tat com.acme.shop.Cart.lambda$add$0(Cart.java:7)\n\tat com.acme.shop.Cart$Row.<init>(Cart.java:9)\n",
        [
            Frame("com/acme/shop/Cart.java", 42, "total"),
            Frame("java/util/ArrayList.java", 1511, "forEach"),
            Frame("com/acme/shop/Cart.java", 7, "add"),
            Frame("com/acme/shop/Cart.java", 9, "<init>"),
        ],
    ),
    "Kotlin": ("    at shop.CartKt.total(Cart.kt:4)\n", [Frame("shop/Cart.kt", 4, "total")]),
    "Ruby": (
        "app/models/cart.rb:12:in `total': nil (NoMethodError)\n\tfrom app/models/cart.rb:30:in `block in each_row'\n"
        "\tfrom lib/shop.rb:3:in 'Shop::Cart#empty?'\n",
        [
            Frame("app/models/cart.rb", 12, "total"),
            Frame("app/models/cart.rb", 30, "each_row"),
            Frame("lib/shop.rb", 3, "empty?"),
        ],
    ),
    "Rust": (
        "thread 'main' panicked at src/main.rs:4:5:\nindex out of bounds\n"
        "   4: shop::cart::Cart::total\n             at ./src/cart.rs:42:13\n"
        "   5: <shop::Row as core::fmt::Debug>::fmt::h0123456789abcdef\n             at ./src/row.rs:7:1\n",
        [
            Frame("src/main.rs", 4, ""),
            Frame("./src/cart.rs", 42, "total"),
            Frame("./src/row.rs", 7, "fmt"),
        ],
    ),
    "Go": (
        "goroutine 1 [running]:\nexample.org/shop/cart.(*Cart).Total(0xc000012345)\n\t/app/shop/cart/cart.go:42 +0x1d\n"
        "main.main.func1()\n\t/app/main.go:9 +0x25\n",
        [Frame("/app/shop/cart/cart.go", 42, "Total"), Frame("/app/main.go", 9, "main")],
    ),
    "gdb": (
        "#0  cart_total (items=0x0) at src/cart.c:42\n#1  0x00005555 in main (argc=1, argv=0x7ffe) at main.c:7\n",
        [Frame("src/cart.c", 42, "cart_total"), Frame("main.c", 7, "main")],
    ),
    "lldb": (
        "  * frame #0: 0x0000000100003f94 shop`shop::Cart::total(this=0x0) at cart.cpp:42:12\n",
        [Frame("cart.cpp", 42, "total")],
    ),
    "a sanitizer": (
        "    #1 0x4f2c1d in cart_total /src/shop/cart.c:42:5\n",
        [Frame("/src/shop/cart.c", 42, "cart_total")],
    ),
    "MSVC": (
        "c:\\work\\shop\\cart.cpp(42): error C2065: 'x': undeclared identifier\n1>cart.h(7,3): warning C4996: old\n",
        [Frame("c:/work/shop/cart.cpp", 42, ""), Frame("cart.h", 7, "")],
    ),
    "TypeScript": ("src/cart.ts(42,5): error TS2345: Argument\n", [Frame("src/cart.ts", 42, "")]),
    "C#": (
        "   at Shop.Cart.Total(Int32 rate) in C:\\work\\Shop\\Cart.cs:line 42\n",
        [Frame("C:/work/Shop/Cart.cs", 42, "Total")],
    ),
    "PHP": (
        "PHP Fatal error:  Uncaught Error in /app/src/Cart.php:42\nStack trace:\n"
        "#0 /app/src/Row.php(7): Shop\\Cart->total()\n  thrown in /app/src/Cart.php on line 42\n",
        [Frame("app/src/Cart.php", 42, ""), Frame("/app/src/Row.php", 7, "total"), Frame("/app/src/Cart.php", 42, "")],
    ),
    "links": (
        "See https://github.com/acme/shop/blob/1a2b3c/src/shop/cart.py#L10-L20 and "
        "https://gitlab.com/acme/tools/shop/-/blob/main/lib/cart.rb#L7, or "
        "https://bitbucket.org/acme/shop/src/main/cart.js#lines-4:9\n",
        [Frame("src/shop/cart.py", 10, ""), Frame("lib/cart.rb", 7, ""), Frame("cart.js", 4, "")],
    ),
    "a shortened trace": (
        '  File ".../shop/cart.py", in total\n    return sum(rows)\nOpen File "shop/cart.py" and look\n',
        [Frame(".../shop/cart.py", 0, "total")],
    ),
    "a path with an anchor": ("wrong in src/cart.py#L10-L20\n", [Frame("src/cart.py", 10, "")]),
    "a web address": ("see http://localhost:8080/index and https://example.org:443/x\n", []),
}


@pytest.mark.parametrize(("trace", "frames"), TRACES.values(), ids=TRACES)
def test_a_trace_gives_files_lines_and_functions(trace: str, frames: list[Frame]) -> None:
    assert list(find_frames(f"It fails\n\n{trace}")) == frames
    assert list(read(f"It fails\n\n{trace}").frames) == frames


def test_a_link_to_lines_names_the_path() -> None:
    task = read("Wrong sum\n\nhttps://github.com/acme/shop/blob/1a2b3c/src/shop/cart.py#L10-L20")

    assert "src/shop/cart.py" in task.paths


@given(st.text(alphabet="at in#L:.()/\\`'0123abcXYZ\n\t", max_size=2000))
def test_any_mixture_of_signs_can_be_read(text: str) -> None:
    for frame in find_frames(text):
        assert frame.path
        assert frame.line >= 0
