"""Who writes the changes of a pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from repositories import anchor, finding, repository

from metabot import config
from metabot.config import Settings
from metabot.errors import SettingsError
from metabot.generate.author import Author
from metabot.generate.proposal import Proposal
from metabot.generate.writers import Choice, Writers
from metabot.ledger.ledger import Ledger
from metabot.place.placement import Placed
from metabot.place.placing import place
from metabot.stopped import Stopped

FILES = {
    "shop/lookup.py": "def both(first, second):\n    one = count(first)\n    return one, count(second)\n",
    "tests/test_lookup.py": "def test_both():\n    assert True\n",
}
ANSWER: dict[str, Any] = {
    "title": "Count together",
    "summary": "Both are counted together.",
    "edits": [
        {"path": "shop/lookup.py", "search": "    one = count(first)\n", "replace": "    one = both_of(first)\n"}
    ],
    "new_test": {"path": "tests/test_new.py", "text": "def test_new():\n    assert True\n"},
    "measure": "The time falls.",
    "prediction": 0.0,
    "risks": [],
}


def settings(folder: Path, **model: object) -> Settings:
    return config.parse({"model": model, "target": {"repository": "r"}}, name="config.toml", root=folder)


def script(folder: Path) -> Path:
    """One rule that answers everything."""
    text = json.dumps(ANSWER).replace("{", "{{").replace("}", "}}")
    file = folder / "author.toml"
    file.write_text(f"model = 'played'\n[[rules]]\nname = 'all'\ntext = '''{text}'''\n")
    return file


@pytest.mark.parametrize(
    ("model", "choice"),
    [
        pytest.param({}, "both", id="no model is named"),
        pytest.param({"base_url": "http://127.0.0.1:9/v1", "name": "large-1"}, "recipe", id="recipes alone are wanted"),
    ],
)
def test_recipes_write_alone(tmp_path: Path, model: dict[str, str], choice: Choice) -> None:
    """Then nobody is asked, and nothing is spent."""
    of = settings(tmp_path, **model)
    with Writers.of_pass(of, Ledger(of.ledger.path).books(1), choice=choice) as writers:
        assert (writers.model, writers.choice) == (None, "recipe")


@pytest.mark.parametrize(
    ("model", "choice", "says"),
    [
        pytest.param({}, "model", "name no model", id="a model is wanted, and none is named"),
        pytest.param({"script": "missing.toml"}, "both", "missing.toml: cannot be read", id="its script is missing"),
    ],
)
def test_what_cannot_be_asked_is_said_before_anything_is_written(
    tmp_path: Path, model: dict[str, str], choice: Choice, says: str
) -> None:
    """The settings are wrong then, and the message says what to write."""
    of = settings(tmp_path, **model)
    with pytest.raises(SettingsError, match=says), Writers.of_pass(of, Ledger(of.ledger.path).books(1), choice=choice):
        pass


def test_a_script_answers_in_place_of_the_model(tmp_path: Path) -> None:
    """Over HTTP, under the name that it plays; what it writes is marked, and the call is in the ledger."""
    made = repository(tmp_path / "r", FILES)
    placed = place(
        finding("serial-calls", code=(anchor("shop/lookup.py", "shop.lookup.both"),)), made, base_branch="main"
    )
    assert isinstance(placed, Placed)
    of = settings(tmp_path, script=str(script(tmp_path)))
    ledger = Ledger(of.ledger.path)
    with Writers.of_pass(of, ledger.books(ledger.begin_pass()), choice="model") as writers:
        assert isinstance(writers.by_recipe(placed, made), Stopped)
        author = writers.author(placed, made)
        assert isinstance(author, Author)
        proposal = author.propose()
    assert isinstance(proposal, Proposal), proposal
    assert (proposal.author, proposal.recipe, proposal.scripted) == ("model", "played", True)
    (call,) = ledger.model_calls(placed.finding.fingerprint)
    assert call.model == "played"
