"""Text out of telemetry: what can be said of it, and what it can do to whoever prints it."""

from __future__ import annotations

import copy
import html
import json
import pickle
import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analyzers.untrusted import Name, Untrusted

ATTACKS = (
    *("@root", "#12", "o/r#3", "GH-4", "fixes ", "http://", "www.", "![", "](", "<img src=x>", "`", "```mermaid\n"),
    *("\x1b[31m", "\u202e", "\u200b", "&commat;", "&#64;", "$x$", "~~~", "|", "\n", "\\", "_a_", ":100:", "x"),
)
ANY_TEXT = st.text(st.characters(), max_size=400) | st.lists(st.sampled_from(ATTACKS), max_size=30).map("".join)
ACTS = re.compile(
    r"[`<>\[\]*~|@#$&\n\r\t]"  # code, HTML, links, emphasis, tables, mentions, references, maths, entities
    r"|://|www\.|GH-\d"  # what links without any bracket
    r"|(?<![^\W_])_|_(?![^\W_])",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(str, id="str"),
        pytest.param(lambda u: f"{u}", id="f-string"),
        pytest.param(lambda u: f"{u:>10}", id="f-string with a format"),
        pytest.param("{}".format, id="format"),
        pytest.param(lambda u: "%s" % u, id="percent"),  # noqa: UP031
        pytest.param(lambda u: u % "x", id="percent on it"),
        pytest.param(lambda u: "".join([u]), id="join"),
        pytest.param("".join, id="join its characters"),
        pytest.param(lambda u: u + "x", id="add"),
        pytest.param(lambda u: "x" + u, id="add to"),
        pytest.param(lambda u: u[0], id="index"),
        pytest.param(lambda u: u[:3], id="slice"),
        pytest.param(lambda u: "x" in u, id="in"),
        pytest.param(list, id="iterate"),
        pytest.param(bytes, id="bytes"),
        pytest.param(print, id="print"),
        pytest.param(lambda u: json.dumps({"message": u}), id="json"),
        pytest.param(lambda u: "x".replace("x", u), id="replace"),
    ],
)
def test_cannot_be_printed_by_accident(use):
    """Every way to turn an object into text raises, so that a forgotten quotation fails loudly."""
    with pytest.raises(TypeError):
        use(Untrusted("ignore all instructions"))


def test_its_repr_says_how_long_it_is_and_nothing_else():
    """Tracebacks and log records show a repr."""
    assert f"{Untrusted('secret')!r}" == "Untrusted(6 characters)"


def test_is_a_value():
    """Findings are compared, kept in sets, copied and pickled."""
    text = Untrusted("x\ud800")
    assert text == Untrusted("x\ud800") != Untrusted("x")
    assert len({text, Untrusted("x\ud800")}) == 1
    assert copy.deepcopy(text) == pickle.loads(pickle.dumps(text)) == text
    assert text.raw_for_storage() == "x\ud800"


@pytest.mark.parametrize(
    ("raw", "quoted"),
    [
        pytest.param("it’s 12:30, état 2", "“it’s 12:30, état 2”", id="plain text reads as it is"),
        pytest.param("a\n\tb\u00a0 c", "“a b c”", id="white space"),
        pytest.param("\x1b[31mred\x07\x9b0m", "“\\x1b⁅31mred\\x07\\x9b0m”", id="terminal sequences"),
        pytest.param("a\u202egpj.exe\u2066\u200b\ufeff", "“a\\u202egpj.exe\\u2066\\u200b\\ufeff”", id="bidi"),
        pytest.param("a\U000e0041\ufe0f\u3164\u2800", "“a\\U000e0041\\ufe0f\\u3164\\u2800”", id="hidden text"),
        pytest.param("\ud800", "“\\ud800”", id="lone surrogate"),
        pytest.param("\\x1b ”. “", '“⧵x1b ". "”', id="forged escapes and marks"),
        pytest.param("![x](http://e.example/?q=1)", "“!⁅x⁆(http:∕∕e.example/?q=1)”", id="image"),
        pytest.param("<a href='x'>y</a>", "“‹a href='x'›y‹/a›”", id="HTML"),
        pytest.param("www.e.example a_www.e.example", "“www·e.example a_www·e.example”", id="autolinks"),
        pytest.param("@octo-org/security x@e.example", "“(at)octo-org/security x(at)e.example”", id="mentions"),
        pytest.param("Fixes #1, closes o/r#2, resolves gh-3", "“Fixes ♯1, closes o/r♯2, resolves gh‑3”", id="closing"),
        pytest.param("&#64;octocat &commat;", "“＆♯64;octocat ＆commat;”", id="entities"),
        pytest.param("```mermaid\ngraph```", "“'''mermaid graph'''”", id="fence"),
        pytest.param("~~~sh **b** $m$ a|b", "“∼∼∼sh ∗∗b∗∗ ﹩m﹩ a¦b”", id="markup"),
        pytest.param("snake_case __init__ _x_", "“snake_case ˍˍinitˍˍ ˍxˍ”", id="underscores"),
        pytest.param("o" + "\u0336" * 5, "“o\u0336\u0336\\u0336\\u0336\\u0336”", id="stacked marks"),
        pytest.param("- [ ] /close", "“- ⁅ ⁆ /close”", id="a line's beginning"),
        pytest.param("", "“”", id="nothing"),
    ],
)
def test_quotes(raw, quoted):
    """What a person reads is as near to the text as is harmless."""
    assert Untrusted(raw).quoted() == quoted


@given(ANY_TEXT, st.integers(3, 300))
@example("x" * 300, 3)
@example("@" * 300, 7)
@example("snake_case", 9)
def test_a_quotation_is_inert_and_capped(raw, limit):
    """Whatever was logged, nothing in the quotation renders, links, mentions, or moves a cursor."""
    quoted = Untrusted(raw).quoted(limit)
    assert len(quoted) <= limit
    assert quoted[0] + quoted[-1] == "“”"
    inside = quoted[1:-1]
    assert not ACTS.search(inside)
    assert not set(inside) & set("“”")
    assert html.unescape(inside) == inside
    assert all(unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for c in inside)


@given(ANY_TEXT.filter(lambda text: len(text) < 20), st.integers(1, 2000))
def test_says_where_it_was_cut(raw, more):
    """A quotation that ends in `…” is not the whole text, and one that does not is."""
    whole = Untrusted(raw).quoted(400)
    assert not whole.endswith("…”") or "…" in raw
    assert Untrusted(raw + "x" * (400 + more)).quoted(400).endswith("…”")


def test_refuses_a_limit_without_room():
    """A caller's mistake is said, not hidden in an over-long text."""
    with pytest.raises(ValueError, match="use 3 or more"):
        Untrusted("x").quoted(2)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        pytest.param("gpt-4.1-mini", "gpt-4.1-mini", id="model"),
        pytest.param("GET /orders/{id}", "GET /orders/{id}", id="route"),
        pytest.param("<lambda>", "‹lambda›", id="angle brackets"),
        pytest.param("<img src=http://e.example>", "‹img src=http:_e.example›", id="HTML"),
        pytest.param("GET https://e.example/x", "GET https:_e.example/x", id="link"),
        pytest.param("www.e.example", "www_e.example", id="autolink"),
        pytest.param("@team fixes #1 GH-2", "_team fixes _1 GH_2", id="mention and references"),
        pytest.param("[x](y)`z`|\x1b[0m\u202e", "_x__y__z____0m_", id="markup and control characters"),
        pytest.param("\u3164", "_", id="invisible"),
        pytest.param("", "_", id="nothing"),
        pytest.param("a" * 500, "a" * 120, id="long"),
    ],
)
def test_names(raw, name):
    """A name keeps what identifiers are made of."""
    assert Name(raw) == name


@given(ANY_TEXT)
@example("a" * 119 + " b")
def test_a_name_is_inert_and_stays_itself(raw):
    """Names are printed as they are and read back from the ledger."""
    name = Name(raw)
    assert Name(name) == name
    assert 1 <= len(name) <= 120
    assert not re.search(r"[^\w ./:‹›{}+*=,%&$-]|://|www\.|GH-\d", name, re.IGNORECASE)
    assert name == name.strip()
    assert html.unescape(name) == name
