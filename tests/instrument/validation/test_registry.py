"""Validators from tables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.registry import made
from tests.instrument.validation.scripted import Hearing

OWN = """
from dataclasses import dataclass
from metabot_instrument.validation.verdict import Approved, Rejected

@dataclass
class WordLimit:
    most_words: int
    priority: int = 10
    name: str = "word_limit"
    can_modify: bool = False
    quick: bool = True

    def __post_init__(self):
        if self.most_words < 1:
            raise ValueError("most_words = 0 will not do. Say a whole number above 0.")

    def validate(self, action):
        return Approved() if len(action.text.split()) <= self.most_words else Rejected("too many words")

NUMBER = 7

class Open:
    def __init__(self, **anything):
        self.given = anything

    def validate(self, action):
        return Approved()

class Touching:
    def __init__(self):
        open("touched", "w").close()
"""


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of the application's."""
    (tmp_path / "own_checks.py").write_text(OWN)
    (tmp_path / "broken_checks.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("own_checks", "broken_checks"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_an_own_validator_by_its_dotted_path() -> None:
    """The other keys of its table are its keywords."""
    pipeline = ValidationPipeline.configured([{"type": "own_checks.WordLimit", "most_words": 2}], retries=0)
    assert pipeline.validate(Action("message", text="two words")).allowed
    assert pipeline.validate(Action("message", text="these are four words")).reason == "too many words"


def test_a_shipped_validator_by_its_name() -> None:
    """With its settings as its table has them."""
    pipeline = ValidationPipeline.configured([{"type": "rate_limit", "requests_per_minute": 1, "on_limit": "reject"}])
    assert [pipeline.validate(Action("message")).allowed for _ in range(2)] == [True, False]


WRONG: list[tuple[str, Any, str]] = [
    ("no list", {"type": "rate_limit"}, r'validators: is no list of tables.\n  Write it as in \[\{ type = "anti_'),
    ("no table", ["rate_limit"], r"validators, number 1: has no type.\n  Say one of anti_jailbreak, "),
    ("no type", [{"priority": 1}], r"validators, number 1: has no type"),
    (
        "an unknown type",
        [{"type": "rate_limits"}],
        r"\(rate_limits\): there is no such type.\n  .* rate_limit\?",
    ),
    ("nothing like it", [{"type": "zzz"}], r"Known here: anti_jailbreak, .*, and dotted paths of your own"),
    ("no module", [{"type": "no_such.Class"}], r"no_such cannot be imported: ModuleNotFoundError: .*\n  Say a class"),
    ("a broken module", [{"type": "broken_checks.Class"}], r"broken_checks cannot be imported: ZeroDivisionError"),
    ("no class", [{"type": "own_checks.Missing"}], r"own_checks has no class Missing.\n  Say a class of that module"),
    ("a number", [{"type": "own_checks.NUMBER"}], r"own_checks has no class NUMBER"),
    ("a wrong key", [{"type": "own_checks.WordLimit", "most_word": 2}], r"most_word is none .*\n  .*mean most_words\?"),
    (
        "a key too few",
        [{"type": "own_checks.WordLimit"}],
        r"\(own_checks.WordLimit\): most_words is missing.\n  Add it to the table: most_words = …",
    ),
    ("a sentence", [{"type": "hallucination", "knowledge": "no-such.json"}], r"[^.]\.\n  Give the path [^.]*\.$"),
    ("a wrong value", [{"type": "own_checks.WordLimit", "most_words": 0}], r"Limit\): most_words = 0 will not do"),
    (
        "a wrong value of a shipped one",
        [{"type": "rate_limit", "requests_per_minute": -1}],
        r"^validators, number 1 \(rate_limit\): requests_per_minute = -1 will not do\.\n  Say a number [^.]*\.$",
    ),
    ("nothing to know", [{"type": "hallucination"}], r"\(hallucination\): knowledge is missing"),
]


@pytest.mark.parametrize(("tables", "words"), [pytest.param(*more, id=name) for name, *more in WRONG])
def test_a_wrong_table_is_told(tables: Any, words: str) -> None:
    """Where it stands, what is wrong with it and what to write."""
    with pytest.raises(ValueError, match=words):
        ValidationPipeline.configured(tables)


def test_what_is_no_validators_class_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused before one of it is made."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"\(own_checks.Touching\): Touching is no validator\.\n  Say a class "):
        ValidationPipeline.configured([{"type": "own_checks.Touching"}])
    assert not (tmp_path / "touched").exists()


def test_a_class_that_takes_anything_gets_it() -> None:
    """Which keys mean something is then its own affair."""
    (one,) = made([{"type": "own_checks.Open", "colour": "blue"}])
    assert one.given == {"colour": "blue"}


class NoValidator:
    """It has a name, and that is all."""

    name = "none"


class Nearly(NoValidator):
    priority, can_modify, quick = "high", False, True

    def validate(self, action: Action) -> None:
        pass


class Awaiting(Hearing):
    """What it hears it would hear later."""

    async def heard(self, action: Action, ok: bool) -> None:  # type: ignore[override]
        pass


@pytest.mark.parametrize(
    ("validator", "words"),
    [
        pytest.param(NoValidator(), r"number 1 \(NoValidator\): has no validate\(action\)", id="no validator"),
        pytest.param(Nearly, r"number 1 \(type\): Nearly is a class.\n  Make one of it: Nearly\(…\)", id="a class"),
        pytest.param(Nearly(), r"number 1 \(Nearly\): its priority is 'high'.\n  Make it a whole", id="an attribute"),
        pytest.param(Awaiting(), r"its heard is a coroutine function.\n  Make it a plain one", id="hears later"),
    ],
)
def test_what_is_no_validator_is_told(validator: Any, words: str) -> None:
    """When the pipeline is made, not when the first action comes."""
    with pytest.raises(ValueError, match=words):
        ValidationPipeline([validator])


@pytest.mark.parametrize(
    "wrong",
    [
        {"retries": -1},
        {"retries": 101},
        {"retries": True},
        {"deadline_seconds": 0},
        {"deadline_seconds": float("nan")},
        {"validator_seconds": float("inf")},
        {"validator_seconds": "5"},
        {"on_failure": "ignore"},
    ],
    ids=str,
)
def test_a_limit_that_is_none_is_told(wrong: dict[str, Any]) -> None:
    """By its name, its value and what would do."""
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=rf"^{name} = {value!r}: say "):
        ValidationPipeline([], **wrong)
