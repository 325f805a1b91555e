"""Which lines move, decided on items."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from metabot.generate.recipe import NotSure
from metabot.generate.recipes.prompt_order import Item, move


def items(kinds: str) -> list[Item]:
    """One letter for each line: d changes, s is fixed, . is blank, h is a fixed heading of no weight."""
    texts = {"d": None, "s": "fixed", "h": "heading", ".": ""}
    return [Item(code=kind, text=texts[kind], weight=10 if kind == "s" else 0) for kind in kinds]


def order(kinds: str) -> str | None:
    found = move(items(kinds))
    if isinstance(found, NotSure):
        return None
    return "".join(kinds[index] for index in found.order(len(kinds)))


def test_paragraphs_move_whole() -> None:
    """The changing paragraph, with its heading and its fixed lines, goes behind the fixed stretch."""
    assert order("dd.sss") == "sss.dd"
    assert order("hdh.ssss") == "ssss.hdh"
    assert order("s.d.sssss.") == "s.sssss.d."
    assert order(".d.sss.hd") == ".sss.d.hd"
    assert order("d.d.sssss") == "sssss.d.d"
    assert order("dsss") == "sssd"


def test_stays_where_too_little_is_gained() -> None:
    """Fixed text in front already, or spread between changing lines, is left alone."""
    assert order("sss.d") is None
    assert order("sss.d.s") is None
    assert order("ds.ds.ds") is None
    assert order("d") is None
    assert order("sss") is None
    assert order("") is None
    assert order("d.sssd") is None


@given(st.text(alphabet="ds.h", max_size=30))
def test_every_item_stays_and_fixed_text_comes_sooner(kinds: str) -> None:
    """An order is a permutation, and a second move finds nothing to do."""
    found = move(items(kinds))
    if isinstance(found, NotSure):
        return
    moved = found.order(len(kinds))
    assert sorted(moved) == list(range(len(kinds)))
    again = "".join(kinds[index] for index in moved)
    assert again.index("d") > kinds.index("d")
