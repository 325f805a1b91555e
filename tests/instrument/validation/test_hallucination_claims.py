"""How claims are read: numbers and dates in their notations, bounds, who is spoken of, and what claims nothing."""

from __future__ import annotations

import time

import pytest

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.claims.check import checked
from metabot_instrument.validation.claims.knowledge import Fact, knowledge
from metabot_instrument.validation.claims.prepared import Prepared
from metabot_instrument.validation.claims.quantities import quantities
from metabot_instrument.validation.hallucination import CONTRADICTED, Hallucination
from metabot_instrument.validation.verdict import Approved, Rejected

FACTS = Prepared(
    knowledge(
        {
            "Tower": {"height": {"value": 120, "unit": "m"}, "built": "1899-05-01", "lift": False, "gate": "8:30"},
            "Ticket": {"price": {"value": 1250, "unit": "CHF"}, "maximum": {"value": 4, "unit": "hours"}},
            "Tour": {"length": "2 to 3 hours", "version": "4.2.1", "guide": "Ann Lee"},
        }
    )
)

COLOURS = ("red", "blue", "green", "white", "black", "brown", "grey", "pink")


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        ("The Tower is 0.12 km high.", "supported"),
        ("The Tower is more than 100 m high.", "supported"),
        ("The Tower is more than 120 m high.", "contradicted"),
        ("The Tower is no more than 120 m high.", "supported"),
        ("The Tower is 100 to 130 m high.", "supported"),
        ("The Tower is between 130 and 150 m high.", "contradicted"),
        ("The Tower is about 118 m high.", "supported"),
        ("The Tower is 118 m high.", "contradicted"),
        ("The Tower's height is 120.", "supported"),
        ("The Tower was built before 1900.", "supported"),
        ("The Tower was built after 1900.", "contradicted"),
        ("A Ticket costs CHF 1'250.", "supported"),
        ("A Ticket costs 1.250,00 francs.", "supported"),
        ("A Ticket costs 1.250 francs.", "supported"),
        ("A Ticket costs 1,250 euros.", "contradicted"),
        ("A Ticket costs 1,310 euros.", "unknown"),
        ("The maximum of a Ticket is at most 6 hours.", "contradicted"),
        ("The length of the Tour is 150 minutes.", "supported"),
        ("The length of the Tour is 2–3 hours.", "supported"),
        ("The length of the Tour is 2.5 to 5 hours.", "unknown"),
        ("The version of the Tour is 4.1.2.", "contradicted"),
        ("The guide of the Tour spoke in March.", "unknown"),
        ("The guide of the Tour is called Bob.", "contradicted"),
        ("The Tower was restored by 1999.", "unknown"),
        ("The length of the Tour is half a day.", "unknown"),
        ("The length of the Tour is two and a half hours.", "unknown"),
        ("The Tower is less than a kilometre high.", "supported"),
        ("The Tower was painted in 2019.", "unknown"),
        ("The gate of the Tower opens at 8:30.", "supported"),
        ("The gate of the Tower opens at 9 am.", "contradicted"),
    ],
)
def test_reads_notations_and_bounds(text: str, standing: str) -> None:
    """A bound holds what it reaches, another currency may be converted, an overlap decides nothing."""
    assert [claim.standing for claim in checked(text, FACTS)] == [standing]


@pytest.mark.parametrize(
    "text",
    [
        "Suppose the Tower is 300 m high.",
        "A guest wrote: “The Tower is 300 m high.”",
        "Some people say that the Tower is 300 m high.",
        "Is the Tower 300 m high?",
    ],
)
def test_takes_no_supposition_and_no_report_for_a_claim(text: str) -> None:
    """What somebody else says, asks or supposes is not what the agent claims."""
    assert checked(text, FACTS) == []


def test_names_what_a_claim_is_about_in_one_order_in_every_process() -> None:
    """Of eight facts that one sentence gets right, however the process hashes its words."""
    known = {"Tower": {f"{word} part": f"{word} stone" for word in COLOURS}}
    text = "The Tower has a " + " and a ".join(f"{fact} of {value}" for fact, value in known["Tower"].items()) + "."
    about = [claim.about for claim in checked(text, Prepared(knowledge(known)))]
    assert about == sorted(about)
    assert len(about) == 8


def test_goes_on_with_who_is_spoken_of() -> None:
    """The second half of a sentence has no subject of its own, and a negation in it is not the first half's."""
    claims = checked("The Tower is 120 m high and does not have a lift.", FACTS)
    assert [(claim.standing, claim.about) for claim in claims] == [
        ("supported", "Tower: height"),
        ("supported", "Tower: lift"),
    ]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("-5 m", -5, -5), ("5-7 m", 5, 7), ("USD 3 million", 3e6, 3e6), ("1 299 m", 1299, 1299), ("under 2 m", None, 2)],
)
def test_reads_a_number_with_what_stands_around_it(text: str, low: float | None, high: float) -> None:
    """Its sign, its range, its currency, its thousands and its bound."""
    (found,) = quantities(text)
    assert found.high == pytest.approx(high, rel=1e-5)
    assert low is None or found.low == pytest.approx(low)


def test_knows_what_the_application_learned_since() -> None:
    """A knowledge base of its own may give other facts than when the validator was made."""

    class Learning:
        given: tuple[Fact, ...] = ()

        def facts(self) -> tuple[Fact, ...]:
            return self.given

        def sentences(self) -> tuple[str, ...]:
            return ()

    known, action = Learning(), Action("message", text="The height of the Tower is 130 m.")
    validator = Hallucination(knowledge=known)
    assert validator.validate(action) == Approved()
    known.given = (Fact("Tower", "height", (120,), "m"),)
    assert validator.validate(action) == Rejected(CONTRADICTED)


def test_a_thousand_facts_cost_about_as_much_as_few() -> None:
    """Facts are looked up by the words of the clause: a thousand times as many do not take five times as long."""
    many = {f"article {number}": {"weight": f"{number} kg"} for number in range(1000)}
    text = "The article 7 weighs 7 kg. The article 8 weighs 8 kg. " * 20
    few = {name: many[name] for name in ("article 7", "article 8")}
    assert _least(many, text) < 5 * _least(few, text)


@pytest.mark.parametrize(
    "part", ["1 000 ", "They say ", "article 7 weighs 3 kg or ", "no more than ", "1.", "2020-01-01 "]
)
def test_a_long_text_takes_time_in_proportion(part: str) -> None:
    """Four times the text takes less than ten times as long."""
    few = {"article 7": {"weight": "7 kg"}}
    short = part * (10_000 // len(part))
    assert _least(few, short * 4) < 10 * _least(few, short) + 0.005


def _least(known: object, text: str) -> float:
    """Seconds of this thread's own work, of the quickest of three."""
    validator = Hallucination(knowledge=known, longest=10**7)  # type: ignore[arg-type]
    took = []
    for _ in range(3):
        began = time.thread_time()
        validator.validate(Action("message", text=text))
        took.append(time.thread_time() - began)
    return min(took)
