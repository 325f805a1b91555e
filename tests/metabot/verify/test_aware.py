"""What a change's added lines may not reach for, and what they may."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from metabot.config import Target
from metabot.generate.proposal import Edit, Proposal
from metabot.verify.aware import awareness

FILES = ("app/main.py", "tests/test_old.py", "evals/cases.json")
TARGET = Target(environment={"SPANS_FILE": "{telemetry}", "BASE_URL": "{model}"})


def found(a_proposal: Callable[..., Proposal], line: str, before: str = "x = 1\n") -> str | None:
    edit = Edit(path="app/main.py", before=before, after=f"{before}{line}\n")
    return awareness(a_proposal(edits=(edit,)), TARGET, FILES)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("quick = 'SPANS_FILE' in os.environ", id="the telemetry's variable"),
        pytest.param("quick = os.getenv('METABOT_REPLAY')", id="the replay's mark"),
        pytest.param("import pytest", id="a test runner"),
        pytest.param("quick = 'unittest' in sys.modules and sys.modules['unittest']", id="a loaded test runner"),
        pytest.param("caller = sys._getframe(1)", id="frames"),
        pytest.param("time.time = lambda: 0", id="the clock"),
        pytest.param("setattr(time, name, fake)", id="the clock by another way"),
        pytest.param("os._exit(0)", id="the exit code"),
        pytest.param("open('evals/cases.json')", id="the evaluation's file"),
        pytest.param("open('tests/' + name)", id="the tests' folder"),
        pytest.param("where = env.SPANS_FILE", id="the variable as an attribute"),
        pytest.param("where = f'{SPANS_FILE}.new'", id="the variable in a text"),
        pytest.param("quick = 'COVERAGE_FILE' in os.environ", id="a variable that begins as coverage's do"),
        pytest.param("open('/srv/evals/cases.json')", id="the evaluation's file by its whole path"),
    ],
)
def test_a_change_may_not_reach_for(a_proposal: Callable[..., Proposal], line: str) -> None:
    """Each is named, with the file."""
    said = found(a_proposal, line)
    assert said is not None
    assert said.startswith("app/main.py reaches for ")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("time.sleep(0.1)", id="waiting"),
        pytest.param("elapsed = time.perf_counter() - begun", id="taking the time"),
        pytest.param("due = time.time() == deadline", id="comparing times"),
        pytest.param("url = os.environ['BASE_URL']", id="the model's address"),
        pytest.param("response = call(timeout=30)", id="a timeout"),
        pytest.param("MAX_SPANS_FILES = 3", id="a longer name than the telemetry's variable"),
        pytest.param("path = OWN_SPANS_FILE", id="a name that ends as it"),
        pytest.param("AREA_COVERAGE_KM = 12", id="a name with a mark within"),
        pytest.param("conftests = 1", id="a word that begins as a mark"),
        pytest.param("url = 'https://shop/contests/' + name", id="a folder that ends as the tests'"),
        pytest.param("open('golden_evals/cases.json2')", id="another file"),
    ],
)
def test_a_change_may(a_proposal: Callable[..., Proposal], line: str) -> None:
    """An application waits, takes the time and reads its settings."""
    assert found(a_proposal, line) is None


def test_what_was_there_before_may_stay(a_proposal: Callable[..., Proposal]) -> None:
    """Only added lines are read."""
    assert found(a_proposal, "y = 2", before="import atexit\n") is None
