"""docs/validation.md and the README hold with what they say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from metabot_instrument import Action, monitoring_of
from metabot_instrument.validation import answer, course, errand, threaded
from metabot_instrument.validation.anti_jailbreak import AntiJailbreak
from metabot_instrument.validation.hallucination import Hallucination
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.registry import TYPES
from metabot_instrument.vocabulary.event_types import EVENT_TYPES

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/validation.md").read_text(encoding="utf-8")
README = (ROOT / "instrument/README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert isinstance(found, str)
    return found


def test_its_example_prints_what_it_says(tmp_path: Path) -> None:
    """And nothing else."""
    done = subprocess.run(
        [sys.executable, "-c", block("python")], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == (block("text"), "")


def test_the_readmes_file_is_read(tmp_path: Path) -> None:
    """Its validators come in the order that their priorities say."""
    (text,) = re.findall(r"```toml\n(\[monitoring\].*?)```", README, re.DOTALL)
    (tmp_path / "agent.toml").write_text(text)
    decision = monitoring_of(tmp_path / "agent.toml").pipeline.validate(Action("message", text="Good morning."))
    assert [step.validator for step in decision.steps] == ["anti_jailbreak", "rate_limit", "circuit_breaker"]
    assert decision.allowed


def test_every_option_stands_in_its_table() -> None:
    """With its default."""
    parameters = signature(ValidationPipeline).parameters.values()
    for each in (each for each in parameters if each.kind is each.KEYWORD_ONLY):
        default = each.default if isinstance(each.default, str) else f"{each.default:g}"
        assert re.search(rf"^\| `{each.name}` \| `?{default}`? \|", PAGE, re.MULTILINE), each.name


@pytest.mark.parametrize("of", [AntiJailbreak, Hallucination])
def test_every_setting_of_a_validator_of_texts_stands_in_its_table(of: type[Any]) -> None:
    """With its default, and each of its reasons below."""
    has = {each.name: each.default for each in fields(of) if each.init}
    part = PAGE.partition(f"| {has.pop('name')} | default | |")[2].partition("\n## ")[0]
    told: dict[str, str] = {}
    for row in re.findall(r"^\| (`.*?) \| *(.*?) *\|", part, re.MULTILINE):
        names, values = (one.replace("`", "").split(", ") for one in row)
        told |= dict(zip(names, values if len(values) == len(names) else [""] * len(names), strict=True))
    assert told.keys() == has.keys()
    for name, default in has.items():
        if isinstance(default, int | float):
            assert float(told[name].replace(",", "")) == default
        else:
            assert told[name] == ("all" if name == "kinds" else default if isinstance(default, str) else "")
    words = " ".join(part.split())
    assert [reason for reason in of.reasons if f"`{reason}`" not in words] == []


def test_its_event_has_the_fields_of_the_catalogue() -> None:
    """No more and no less."""
    assert set(json.loads(block("json"))) == set(EVENT_TYPES["validator_decision"].fields)


def test_its_names_and_numbers_are_those_of_the_code() -> None:
    """The types, the pipeline's own reasons, and how many threads there are."""
    tables = tomllib.loads(block("toml"))["monitoring"]["validators"]
    assert {table["type"] for table in tables if "." not in table["type"]} <= set(TYPES)
    assert all(f"`{name}`" in PAGE for name in TYPES)
    words = " ".join(PAGE.split())
    own = {*course.OWN_REASONS, errand.TOO_LONG, errand.HELD_UP, errand.NO_THREAD, answer.NO_VERDICT}
    assert [reason for reason in (*own, answer.NOT_ITS_TO_MODIFY) if f"`{reason}`" not in words] == []
    assert f"{threaded.MOST_THREADS} of them at most" in words
    assert (errand.MOST_HUNG, course.MOST_RETRIES) == (3, 100)
