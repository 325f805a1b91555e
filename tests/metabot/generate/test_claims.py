"""Which sentences about a change stay: what finding and change bear out, and nothing that was brought in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.finding import Metric, Waste
from metabot.generate.claims import Checked, checked
from metabot.generate.proposal import Edit
from metabot.place.placement import Placed
from tests.proposals import finding, proposal

BEFORE = "def answer(order):\n    stock = lookup_stock(order)\n    return reply(stock)\n"
AFTER = "def answer(order):\n    stock = lookup_stock(order, timeout=30, limit=4_000)\n    return reply(stock)\n"
EDITS = (Edit(path="desk/agent.py", before=BEFORE, after=AFTER),)


def placed() -> Placed:
    """1,900 uncached tokens per call of which 400 are needed, in 39 of 40 calls and traces; at desk/agent.py."""
    found = proposal(finding(), "a" * 40, path="desk/agent.py").placed
    return replace(found, finding=replace(found.finding, cost_usd_per_month=12.4))


def slow() -> Placed:
    """800 ms per trace that 420 would do for."""
    found = placed()
    waste = Waste(observed=Metric(value=800.4, unit="ms per trace", n=200), achievable=420.0, occurrences=150)
    candidate = replace(found.finding.candidate, evidence=waste, problem="two calls in turn", unknown=())
    return replace(found, finding=replace(found.finding, candidate=candidate))


def check(text: str, about: Placed | None = None) -> Checked:
    return checked(text, placed=about or placed(), edits=EDITS)


BORNE_OUT = [
    "The fixed text moves in front of what changes.",
    "Of 1,900 uncached tokens, 400 are needed.",
    "It saves 1,500 tokens per call.",
    "About 1.9k tokens are paid in full.",
    "That is 79 % of the uncached input, nearly four fifths of it.",
    "Seen in 39 of 40 calls.",
    "The waste costs $12.40 a month, about 12 dollars.",
    "The two lookups stay as they are.",
    "A time-out of 30 s ends a call that hangs.",
    "The output is limited to 4,000 characters.",
    "In desk/agent.py, `lookup_stock` gets a limit.",
    "agent.py calls lookup_stock() with `timeout=30`.",
    "The model gpt-4o is asked as before, in utf-8.",
    "It reads one file and/or its cache, e.g. at the start.",
]
SLOW = [
    "From 800 to 420 ms.",
    "It takes 0.8 s where 0.42 s would do.",
    "That is 48 % less, nearly half of the time.",
    "It is 1.9 times as fast, nearly twice.",
]
NOT_BORNE_OUT = [
    "It saves 1,600 tokens per call.",
    "It saves 90 % of the tokens.",
    "It saves $1,000 a month.",
    "It is ten times faster.",
    "It is tenfold.",
    "It is 10x faster.",
    "Two thirds of the cost go away.",
    "Costs are halved.",
    "Costs are less by 1/3.",
    "It saves 30 s per call.",
    "It is ９０％ cheaper.",
    "It is ninety-five percent faster.",
    "Costs are cut in half.",
    "It is a hundredfold gain.",
    "Nine tenths of it go.",
    "It is two orders of magnitude faster.",
    "It saves 0x640 tokens.",
    "It runs in .5 s.",
    "It saves 5 €.",
    "It is 100% safe.",
    "It takes a dozen calls.",
    "It takes five minutes.",
    "It was measured in 5,000 calls.",
    "It also changes setup.py.",
    "It reads ~/.ssh/id_rsa for this.",
    "It is described in docs/speed/notes.",
    "It needs .github/workflows/ci.yml to run.",
    "It calls send_report() afterwards.",
    "It uses `shutil.rmtree`.",
    "The function drop_tables is gone.",
]
BROUGHT_IN = [
    "See https://evil.test/x for more.",
    "See [the notes](//evil.test).",
    "Visit www.evil.test now.",
    "Thanks to @octocat.",
    "Fixes #12.",
    "It closes GH-7.",
    "Write to ada@shop.test.",
    "Run pip install quickfix first.",
    "Then curl evil.test and go on.",
    "<img src=x> shows it.",
    "The key is sk-proj-" + "a8Kd93jfLq02mXzP7vBn4RtYw6Hs1GcE5uTi.",
]


@pytest.mark.parametrize("sentence", BORNE_OUT)
def test_keeps(sentence: str) -> None:
    """Figures of the finding, their differences, shares and roundings; what the change holds; small counts."""
    assert check(sentence).dropped == ()


@pytest.mark.parametrize("sentence", SLOW)
def test_keeps_of_a_finding_about_time(sentence: str) -> None:
    """In milliseconds, seconds, per cent, times and words."""
    assert check(sentence, slow()).dropped == ()


@pytest.mark.parametrize("sentence", [*NOT_BORNE_OUT, *BROUGHT_IN])
def test_drops(sentence: str) -> None:
    """One sentence with a number, a path or a name that is nowhere, or with something that it brings in."""
    found = check(f"The fixed text moves. {sentence}\n\nNothing else changes.")
    assert found.text == "The fixed text moves.\n\nNothing else changes."
    assert len(found.dropped) == 1
    assert found.unsupported_share == pytest.approx(1 / 3)


def test_a_number_that_the_change_itself_holds_is_no_gain() -> None:
    """Whoever writes the change can write any number into it."""
    boast = (Edit(path="a.py", before="x = 1\n", after="x = 1  # 900 ms, 90 %, $50\n"),)
    for sentence in ("It saves 900 ms.", "It is 90 % cheaper.", "It makes 90 %.", "It costs $50."):
        assert checked(sentence, placed=placed(), edits=boast).text == ""


def test_paths_beside_the_edits_may_be_named() -> None:
    """The new test, for one."""
    said = "Tested by tests/test_agent.py."
    assert checked(said, placed=placed(), edits=EDITS, paths=["tests/test_agent.py"]).dropped == ()
    assert len(check(said).dropped) == 1


def test_lists_stay_lists() -> None:
    """Bullets and headings are marks of the text, not claims of it."""
    found = check("## What changes\n1. The text moves.\n2. It saves 90 %.\n* The rest stays.")
    assert found.text == "What changes\n- The text moves.\n\n- The rest stays."


def test_what_stays_is_inert() -> None:
    """Markup of any kind is text."""
    found = check("The **text** of `lookup_stock` moves & stays.")
    assert found.text == "The ∗∗text∗∗ of 'lookup_stock' moves ＆ stays."


def test_a_flood_is_dropped() -> None:
    """After sixty sentences nobody reads on."""
    found = check("\n".join(f"The text moves {'on ' * number}now." for number in range(80)))
    assert len(found.dropped) == 20


@given(st.text(max_size=200))
def test_nothing_that_stays_links_mentions_or_hides(text: str) -> None:
    """Whatever is said, what is left of it holds none of the characters that act."""
    found = check(text)
    assert not set("`<>[]@#|\u202e\u200b") & set(found.text)
    assert 0 <= found.unsupported_share <= 1


@given(st.text(alphabet="0123456789/.,%$ \n_xe-٣½twohalf", max_size=200))
def test_any_number_can_be_read(text: str) -> None:
    """In a sentence and in the change, however long and odd."""
    checked(text, placed=placed(), edits=(Edit(path="a.py", before="", after=text * 30),))
