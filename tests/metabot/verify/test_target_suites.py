"""Test suites as targets have them: flaky, red, with a service, silent, huge. Real repositories, real runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repositories import commit

from metabot.config import Settings
from metabot.generate.proposal import Edit, NewTest, Proposal
from metabot.stopped import Stopped
from metabot.verify.measured import Measured
from metabot.verify.tested import Coverage
from metabot.verify.tried import Tried
from metabot.verify.verification import Bench

MakeProposal = Callable[..., Proposal]
Measure = Callable[..., Measured | Stopped]
# Of the suite where it was quick enough, which the machine decides.
COVERED = tuple(Coverage(of=of, lines=1, covered=1, missed=()) for of in ("suite", "new test"))

RUN_TESTS = """
import sys, unittest
from xml.sax.saxutils import quoteattr

class Told(unittest.TextTestResult):
    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        self.told = {}
    def startTest(self, test):
        super().startTest(test)
        self.told[test.id()] = ""
    def _tell(self, test, how):
        self.told[test.id()] = f"<{how}/>"
    def addError(self, test, error):
        super().addError(test, error)
        self._tell(test, "error")
    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._tell(test, "failure")
    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._tell(test, "skipped")

report, *files = sys.argv[1:]
names = [file.removesuffix(".py").replace("/", ".") for file in files]
load = unittest.defaultTestLoader
tests = load.loadTestsFromNames(names) if names else load.discover("tests", top_level_dir=".")
done = unittest.TextTestRunner(resultclass=Told, verbosity=2).run(tests)
with open(report, "w") as file:
    cases = (f"<testcase name={quoteattr(name)}>{inner}</testcase>" for name, inner in done.told.items())
    file.write(f"<testsuite name='own'>{''.join(cases)}</testsuite>")
sys.exit(not done.wasSuccessful())
"""
"""A runner of the target's own, which writes a report: it needs a bare Python, as pytest would not."""

OWN = """import unittest
from app.main import x
class TestApp(unittest.TestCase):
    def test_has_x(self): self.assertGreater(x, 0)
"""
NEW = """import unittest
from app.main import x
class TestNew(unittest.TestCase):
    def test_is_two(self): self.assertEqual(x, 2)
"""
TOLD = "{python} -m run_tests {report}"
SILENT = "{python} -m unittest discover -s tests -t ."
SOMETIMES = """import pathlib, unittest
class TestSometimes(unittest.TestCase):
    def test_counts(self):
        with pathlib.Path({count!r}).open("a+") as file:
            file.write(".")
        self.assertNotIn(pathlib.Path({count!r}).stat().st_size, {fails!r})
"""
FLAKY = "own::tests.test_sometimes.TestSometimes.test_counts"


@pytest.fixture
def measure(tmp_path: Path, some_settings: Callable[..., Settings], a_proposal: MakeProposal, proved: Any) -> Measure:
    """What comes of a proposal for a repository with these files beside its own."""

    def run(files: dict[str, str], *, test: str = TOLD, sandbox: Any = None, **given: Any) -> Measured | Stopped:
        known = {"app/__init__.py": "", "app/main.py": "x = 1\n", "tests/__init__.py": "", "tests/test_app.py": OWN}
        commit(tmp_path / "target", {**known, "run_tests.py": RUN_TESTS, **files})
        target = {"repository": str(tmp_path / "target"), "test": test}
        given.setdefault("new_test", NewTest(path="tests/test_new.py", text=NEW))
        seen: list[Tried] = []
        settings = some_settings(target=target, sandbox=sandbox or {})
        with Bench.of_pass(settings, progress=lambda _: None, keep=seen.append) as bench:
            bench.verify(a_proposal(**given))
        (tried,) = seen
        found = tried.measured or tried.end
        assert found is not None
        return found

    return run


def sometimes(tmp_path: Path, *fails: int) -> dict[str, str]:
    """A test that fails in the runs of these numbers. It counts them outside, so it needs sandbox.kind = "none"."""
    text = SOMETIMES.format(count=str(tmp_path / "count"), fails=fails)
    return {"tests/test_sometimes.py": text}


NONE = {"kind": "none"}


def reason(found: Measured | Stopped) -> str:
    assert isinstance(found, Stopped), found
    assert found.stage == "sound"
    return found.reason


@pytest.mark.slow
def test_a_sound_change(measure: Measure) -> None:
    """Both suites, the new test and the coverage of the changed line, each by the runner's own report."""
    found = measure({})
    assert isinstance(found, Measured), found
    assert [run.report and (run.report.passed, run.report.failed) for run in (found.base_tests, found.head_tests)] == [
        (1, 0), (2, 0),
    ]  # fmt: skip
    assert found.new_test_on_base.report is not None
    assert found.new_test_on_base.report.failures == ("own::tests.test_new.TestNew.test_is_two",)
    assert (found.flaky, found.lost) == ((), ())
    assert found.coverage in COVERED


@pytest.mark.slow
def test_coverage_says_what_no_test_runs(measure: Measure) -> None:
    """A line of the change that nothing executes is named."""
    after = "x = 2\nif x > 2:\n    x = 3\n"
    found = measure({}, edits=(Edit(path="app/main.py", before="x = 1\n", after=after),))
    assert isinstance(found, Measured), found
    assert found.coverage == Coverage(of="suite", lines=3, covered=2, missed=("app/main.py:3",))


@pytest.mark.slow
def test_a_test_that_is_flaky_before_the_change(measure: Measure, tmp_path: Path) -> None:
    """Failing in one of two runs of the base, and with the change: named, and no reason to stop."""
    found = measure(sometimes(tmp_path, 1, 3), sandbox=NONE)
    assert isinstance(found, Measured), found
    assert found.flaky == (FLAKY,)
    assert found.head_tests.exit_code == 1


@pytest.mark.slow
def test_a_test_that_becomes_flaky_with_the_change(measure: Measure, tmp_path: Path) -> None:
    """Both runs of the base pass, one of two with the change fails."""
    found = measure(sometimes(tmp_path, 3), sandbox=NONE)
    assert reason(found) == "flaky at head"
    assert isinstance(found, Stopped)
    assert FLAKY in found.detail


@pytest.mark.slow
def test_a_test_that_tells_the_hour(measure: Measure, tmp_path: Path) -> None:
    """Both runs of the base pass, all later ones fail, of the base as well: the change is not at fault."""
    found = measure(sometimes(tmp_path, *range(3, 30)), sandbox=NONE)
    assert isinstance(found, Measured), found
    assert found.flaky == (FLAKY,)
    assert found.head_tests.exit_code == 1


@pytest.mark.slow
def test_a_test_that_fails_with_the_change_alone(measure: Measure, tmp_path: Path) -> None:
    """Twice with it, and of the base not even later."""
    found = measure(sometimes(tmp_path, 3, 4), sandbox=NONE)
    assert reason(found) == "head is red"
    assert isinstance(found, Stopped)
    assert FLAKY in found.detail


def test_a_suite_without_a_report_is_flaky_as_a_whole(measure: Measure, tmp_path: Path) -> None:
    """Exit codes differ, and nothing says why."""
    assert reason(measure(sometimes(tmp_path, 2), test=SILENT, sandbox=NONE)) == "base is flaky"


SERVICE = """import socket, unittest
class TestDatabase(unittest.TestCase):
    def test_connects(self): socket.create_connection(("127.0.0.1", 5432), timeout=2)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "given", "expected", "said"),
    [
        pytest.param(
            {"tests/test_app.py": OWN.replace("Greater", "Less")}, {}, "base is red", "Failed: own::tests", id="red"
        ),
        pytest.param({"tests/test_db.py": SERVICE}, {}, "base is red", "there is no network", id="needs a service"),
        pytest.param({}, {"test": "no-such-runner"}, "base is red", "No such file", id="no such command"),
        pytest.param(
            {}, {"new_test": NewTest(path="tests/test_new.py", text="x = 2\n")}, "new test runs nothing",
            "runs no test at base", id="a new test without a test",
        ),
    ],
)  # fmt: skip
def test_stops(measure: Measure, files: dict[str, str], given: dict[str, Any], expected: str, said: str) -> None:
    """Each says what happened and what to do."""
    found = measure(files, **given)
    assert reason(found) == expected
    assert isinstance(found, Stopped)
    assert said in found.detail


@pytest.mark.slow
def test_a_change_that_ends_the_tests_early(measure: Measure) -> None:
    """Exit code 0 before any test: no report where the base had one, so tests are lost."""
    after = "from ctypes import CDLL\nx = 2\nCDLL(None)._exit(0)\n"
    found = measure({}, edits=(Edit(path="app/main.py", before="x = 1\n", after=after),))
    assert reason(found) == "fewer tests"


MANY = """import unittest
from app.main import x
class TestMany(unittest.TestCase): pass
for number in range(5000):
    setattr(TestMany, f"test_{number:04}", lambda self: self.assertGreater(x, 0))
"""


@pytest.mark.slow
def test_five_thousand_tests(measure: Measure) -> None:
    """All are counted, the change loses none, and of the output only its end is kept."""
    found = measure({"tests/test_many.py": MANY})
    assert isinstance(found, Measured), found
    assert found.head_tests.report is not None
    assert found.head_tests.report.passed == 5_002
    assert len(found.head_tests.output) <= 4_000


@pytest.mark.slow
def test_pytest_is_told_to_write_a_report(measure: Measure) -> None:
    """Without a placeholder in the settings; the recorded command is as they write it."""
    command = f"{sys.executable} -m pytest -q -p no:cacheprovider"
    found = measure({}, test=command, sandbox={"read_only": [sys.prefix]})
    assert isinstance(found, Measured), found
    assert found.base_tests.report is not None
    assert found.base_tests.report.passed == 1
    assert "--junitxml" not in " ".join(found.base_tests.command)
    assert found.coverage in COVERED
