"""Every analyzer under the name that people type, with its page and its settings."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import pytest

import analyzers
from analyzers.registry import ANALYZERS, configured
from analyzers.untrusted import Name
from tests.builders import frames, samples, trace

ROOT = Path(analyzers.__file__).parent


@pytest.mark.parametrize("name", ANALYZERS)
def test_a_page_says_what_people_ask(name):
    """What it finds, what is fine, what it needs, what it ignores, its figure, and every setting."""
    page = ANALYZERS[name].page
    for part in ("Bad:", "Fine:", "Needs", "Ignores", "The figure", "Settings:"):
        assert part.casefold() in page.casefold(), part
    explained = page.partition("Settings:")[2]
    assert [line.split()[0] for line in explained.splitlines() if line.strip()] == [
        field.name for field in dataclasses.fields(ANALYZERS[name].settings)
    ]


@pytest.mark.parametrize("name", ANALYZERS)
def test_runs_on_the_frames_that_it_reads(name):
    """In the order of `reads`, with its own settings, on a recording in which there is nothing to find."""
    analyzer = ANALYZERS[name]
    recorded = {**frames(trace())._asdict(), "samples": samples()}
    read = [recorded[frame.name] for frame in analyzer.reads]
    assert analyzer.detect(*read, settings=configured(name, {})) == []
    subject = analyzers.finding.Subject(service=Name("nobody"), operation=Name("nothing"))
    assert analyzer.measure(*read, subject=subject, settings=configured(name, {})) is None


def test_settings_are_the_given_ones_over_the_defaults():
    """A whole number may stand where any number may."""
    settings = configured("serial-calls", {"min_traces": 9, "min_share": 1})
    assert (settings.min_traces, settings.min_share, settings.max_gap_ms) == (9, 1, 50)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        pytest.param("serial-call", {}, "no analyzer 'serial-call'; did you mean 'serial-calls'", id="analyzer"),
        pytest.param("x", {}, "there are: .*prompt-cache-miss, recurring-error, .*", id="nothing near"),
        pytest.param("serial-calls", {"min_trace": 9}, "no setting 'min_trace'; did you mean 'min_traces'", id="key"),
        pytest.param("serial-calls", {"min_traces": 1.5}, "a whole number of 0 or more", id="half a trace"),
        pytest.param("serial-calls", {"min_traces": True}, "a whole number", id="yes is no number"),
        pytest.param("serial-calls", {"min_share": "0.1"}, "min_share = '0.1' must be a number", id="text"),
        pytest.param("serial-calls", {"min_share": -1}, "0 or more", id="below zero"),
        pytest.param("serial-calls", {"min_share": float("nan")}, "must be a number", id="not a number"),
        pytest.param("serial-calls", {"min_share": float("inf")}, "must be a number", id="no end"),
    ],
)
def test_refuses_what_it_does_not_know(name, values, said):
    """A mistyped setting is said with the nearest one, never passed over."""
    with pytest.raises(ValueError, match=said):
        configured(name, values)


def test_analyzers_import_nothing_that_does_input_or_output():
    """Polars, NumPy, the standard library's computing parts and themselves; no metabot, no clock, no file."""
    allowed = {"analyzers", "polars", "numpy", "collections", "dataclasses", "difflib", "hashlib", "itertools", "json"}
    allowed |= {"bisect", "math", "re", "typing", "unicodedata", "__future__"}
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert {name.partition(".")[0] for name in names} <= allowed, path
