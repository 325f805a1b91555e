"""What a runner's report says of its tests, whatever the file holds."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.verify.junit import MOST_BYTES, Outcomes, read

PYTEST = """<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" tests="4" failures="1" errors="1" skipped="1">
<testcase classname="tests.test_a" name="test_fine[1-x]" time="0.1" />
<testcase classname="tests.test_a" name="test_bad"><failure message="assert 1 == 2">text</failure></testcase>
<testcase classname="tests.test_a" name="test_torn_down"><error message="no">text</error></testcase>
<testcase classname="tests.test_a" name="test_later"><skipped message="later" /></testcase>
</testsuite></testsuites>"""


def named(outcomes: Outcomes | None) -> tuple[set[str], set[str], set[str]]:
    assert outcomes is not None
    return set(outcomes.passed), set(outcomes.failed), set(outcomes.skipped)


def case(body: str) -> str:
    return f"<testsuite name='s'>{body}</testsuite>"


def test_reads_what_runners_write() -> None:
    """Passed, failed, in error and skipped; a parametrized test's name keeps its brackets as braces."""
    a = "tests.test_a"
    failed = {f"{a}::test_bad", f"{a}::test_torn_down"}
    assert named(read(PYTEST.encode())) == ({f"{a}::test_fine{{1-x}}"}, failed, {f"{a}::test_later"})


def test_reads_what_pytest_writes_here(tmp_path: Path) -> None:
    """The real runner, a file that cannot be imported among the rest: that counts as failed."""
    (tmp_path / "test_a.py").write_text("def test_a(): pass\n")
    (tmp_path / "test_b.py").write_text("import not_there_at_all\n")
    command = [sys.executable, "-m", "pytest", "-q", "--continue-on-collection-errors", "--junitxml=r.xml"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    passed, failed, _ = named(read((tmp_path / "r.xml").read_bytes()))
    assert (passed, len(failed)) == ({"test_a::test_a"}, 1)


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        pytest.param(case("<testcase name='t'/>"), ({"s::t"}, set(), set()), id="the suite's name where no class is"),
        pytest.param("<testcase classname='c' name='t'/>", ({"c::t"}, set(), set()), id="no suite"),
        pytest.param(case("<testcase/>"), ({"s::"}, set(), set()), id="no name"),
        pytest.param(
            case("<testcase name='t'/><testcase name='t'><error/></testcase>"), (set(), {"s::t"}, set()), id="twice"
        ),
        pytest.param(
            case("<testcase name='t'><failure/><skipped/></testcase>"), (set(), {"s::t"}, set()), id="failed first"
        ),
        pytest.param(case("<failure/><system-out>x</system-out>"), (set(), set(), set()), id="no test"),
        pytest.param(
            case("<testsuite name='in'><testcase name='t'/></testsuite><testcase name='u'/>"),
            ({"in::t", "s::u"}, set(), set()),
            id="a suite in a suite",
        ),
    ],
)
def test_forms(xml: str, expected: tuple[set[str], set[str], set[str]]) -> None:
    """Runners differ in what they leave out and in what they nest."""
    assert named(read(xml.encode())) == expected


BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;'>]><testsuite name='&b;'/>"
READER = "<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><testcase name='&f;'/>"


@pytest.mark.parametrize(
    "xml",
    [
        pytest.param(BOMB.encode(), id="entities of entities"),
        pytest.param(READER.encode(), id="an entity that is a file"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"3 passed", id="no XML"),
        pytest.param(PYTEST.encode()[:-30], id="torn"),
        pytest.param(b"<?xml version='1.0' encoding='klingon'?><testsuite/>", id="an unknown encoding"),
        pytest.param(b"<a>" * 200_000, id="deep"),
        pytest.param(b"<testsuite>" + b" " * MOST_BYTES + b"</testsuite>", id="too large"),
    ],
)
def test_is_no_report(xml: bytes) -> None:
    """None of these is believed, and none takes long."""
    started = time.monotonic()
    assert read(xml) is None
    assert time.monotonic() - started < 2


def test_names_that_cannot_be_printed_stay_apart() -> None:
    """Two long names, or two with markup, that print alike are still two tests."""
    long, marked = "t" * 300, "&lt;b&gt;`@you`"
    outcomes = read(case("".join(f"<testcase name='{n}{i}'/>" for n in (long, marked) for i in "ab;")).encode())
    assert outcomes is not None
    assert len(outcomes.passed) == 6
    assert all(len(name) <= 120 and not set(name) & set("`@<>[]") for name in outcomes.passed)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: f"<testsuite>{text}</testsuite>".encode()))
def test_never_raises(xml: bytes) -> None:
    """Whatever the file holds, it is a report or none."""
    read(xml)
