"""Analyzers by dotted path: they work like ours, and what is wrong with one costs itself alone."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzers.finding import Metric
from metabot.analysis import Analysis, analyze, check_analyzers
from metabot.config import Settings, parse
from metabot.errors import SettingsError
from tests.builders import failing, frames, tool, trace
from tests.metabot.stored import stored

PAGE = (Path(__file__).parents[2] / "docs/plugins.md").read_text()
EXAMPLE = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]  # type: ignore[index]  # it is there
NAME = "acme.checks.slow_tool"
RECORDING = frames(*(trace(failing(tool("fetch", 9_000)), at=number * 60, status="error") for number in range(5)))


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The example of the documentation, on the import path."""
    folder = tmp_path / "acme/checks"
    folder.mkdir(parents=True)
    (folder / "slow_tool.py").write_text(EXAMPLE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder / "slow_tool.py"
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme"]:
        del sys.modules[name]


def settings(**values: float) -> Settings:
    return parse({"analyzers": {NAME: values}}, name="config.toml", root=Path.cwd())


def analyzed(**values: float) -> Analysis:
    with stored(RECORDING) as store:
        return analyze(store, settings(**values))


def findings(analysis: Analysis) -> set[str]:
    return {name for one in analysis.findings for name in (one.candidate.analyzer, *_also(one))}


def _also(finding: object) -> Iterator[str]:
    yield from (one.candidate.analyzer for one in finding.consequences)  # type: ignore[attr-defined]


def test_the_documented_example_works(written: Path) -> None:
    """It finds its fault beside ours, and is measured."""
    analysis = analyzed()
    (found,) = (one for one in analysis.findings if one.candidate.analyzer == NAME)
    assert found.candidate.problem == "fetch takes 9.0 s on average (5 calls)"
    assert found.candidate.evidence.observed == Metric(value=9000.0, unit="ms per call", n=5)
    assert "recurring-error" in findings(analysis)
    assert analysis.refused == ()


def test_its_settings_are_checked_like_ours(written: Path) -> None:
    """Its values are its own; a key that it does not know is said before any work is done."""
    assert NAME not in findings(analyzed(min_seconds=10))
    with pytest.raises(SettingsError, match="no setting 'min_second'; did you mean 'min_seconds'"):
        check_analyzers(settings(min_second=10))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        pytest.param('"""Slow', "import absent\n'''", "cannot be imported", id="does not compile"),
        pytest.param("READS, RULE_VERSION =", "import absent\nREADS, RULE_VERSION =", "No module named", id="imports"),
        pytest.param("RULE_VERSION = (SPANS,), 1", "_ = (SPANS,), 1", "has no RULE_VERSION", id="a name is missing"),
        pytest.param("(SPANS,), 1", "('spans',), 1", "READS is no tuple of frames", id="no frames"),
        pytest.param("@dataclass(frozen=True)", "", "Settings is no dataclass", id="no settings"),
        pytest.param(">= settings.min_seconds", ">= 1 / 0", "failed (ZeroDivisionError): “division", id="raises"),
        pytest.param('pl.col("kind")', 'pl.col("knd")', "failed (ColumnNotFoundError)", id="no such column"),
        pytest.param('analyzer="acme', 'analyzer="serial-calls', "not its own dotted path", id="another's name"),
        pytest.param("operation = Name(rows", "operation = (rows", "must be Name, is", id="an operation as it came"),
        pytest.param('unit="ms per call"', 'unit="ms"', "is not one of its", id="a unit of its own"),
        pytest.param("n=rows.height)", "n=1.5)", "observed.n must be int, is float", id="half a call"),
        pytest.param("value=ms,", "value=float('nan'),", "observed.value must be float", id="no figure"),
        pytest.param("[_candidate(rows) for", "[rows for", "must be Candidate, is DataFrame", id="no candidates"),
        pytest.param("for _, rows in", "for _ in range(201) for _, rows in", "201 candidates", id="too many"),
    ],
)
def test_what_is_wrong_costs_itself_alone(written: Path, old: str, new: str, why: str) -> None:
    """One refusal names it and says why; the other analyzers run."""
    assert old in EXAMPLE
    written.write_text(EXAMPLE.replace(old, new, 1))
    analysis = analyzed()
    assert "recurring-error" in findings(analysis)
    (refusal,) = analysis.refused
    assert refusal.told().startswith(f"{NAME}: ")
    assert why in refusal.told()
    assert NAME not in findings(analysis)


def test_its_sentences_are_said_like_quotations(written: Path) -> None:
    """A message of a stranger that it put into its problem mentions nobody and renders nothing."""
    written.write_text(EXAMPLE.replace('problem=f"', 'problem=f"@everyone **[look](http://x.y)** '))
    (problem,) = (one.candidate.problem for one in analyzed().findings if one.candidate.analyzer == NAME)
    assert problem.startswith("(at)everyone ∗∗⁅look⁆(http:∕∕x.y)∗∗ fetch takes")


def test_a_module_that_is_not_there_is_refused_and_the_others_run() -> None:
    """A dotted path is tried; a name without dots that is no analyzer is a mistake in the settings."""
    (refusal,) = analyzed().refused
    assert refusal.told() == f"{NAME}: cannot be imported (ModuleNotFoundError): “No module named 'acme'”"
    with pytest.raises(SettingsError, match=r"\[analyzers.slow_tool\] is no analyzer"):
        check_analyzers(parse({"analyzers": {"slow_tool": {}}}, name="config.toml", root=Path.cwd()))
