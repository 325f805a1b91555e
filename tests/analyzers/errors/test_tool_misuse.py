"""Tools that are called wrongly or fail nearly always: when it is said, and when nothing is said."""

from __future__ import annotations

import dataclasses

import polars as pl
import pytest

from analyzers.errors.refusals import found_nothing, refusal
from analyzers.errors.tool_misuse import detect, measure
from analyzers.finding import Subject
from analyzers.frames import CALLS, SPANS
from analyzers.untrusted import Name
from tests.analyzers.recordings import lazy, other_name, recorded, renamed
from tests.builders import failing, frames, model, tool, trace

SUBJECT = Subject(service=Name("desk"), operation=Name("book"))


def book(**columns):
    return tool("book", 500, **{"input": '{"seat":1}', **columns})


def misfit(message="book() got an unexpected keyword argument 'sea'", **columns):
    return failing(book(input='{"sea":1}', **columns), "TypeError", message)


def refused(message="the seats on that flight are taken"):
    return failing(book(input='{"seat":7}'), None, message)


def shell(message=None, error_type="exit code 1"):
    if message is None:
        return tool("shell", 100, input='{"command":"make"}')
    return failing(tool("shell", 100, input='{"command":"make test"}'), error_type, message)


def run(*steps, **options):
    spans, calls, _ = frames(trace(*steps))
    return detect(spans, calls, **options)


def test_says_what_does_not_fit_and_how_often():
    """Three of ten calls, half a second each, asked for by model calls of a cent each."""
    asked = [
        (model(asks=(f"c{number}",), input_tokens=9, output_tokens=1, cost_usd=0.01), misfit(tool_call_id=f"c{number}"))
        for number in range(3)
    ]
    spans, calls, _ = frames(trace(*(step for steps in asked for step in steps), revision="abc"), trace(*[book()] * 7))
    (found,) = detect(spans, calls)
    assert found.subject == SUBJECT
    assert found.evidence.observed == measure(spans, calls, subject=SUBJECT)
    assert (found.evidence.observed.value, found.evidence.observed.n) == (pytest.approx(0.3), 10)
    assert (found.evidence.occurrences, found.traces, found.traces_examined) == (3, 1, 2)
    assert (found.seconds_per_call, found.cost_usd_per_call) == (pytest.approx(0.15), pytest.approx(0.003))
    assert (found.revision, len(found.affected), found.unknown) == ("abc", 3, ())
    assert found.errors == ("TypeError",)
    assert found.problem == (
        "book fails 3 of 10 calls (30.0%) in 1 of 2 traces: unknown argument 3 times, one message 3 times"
    )


def test_a_refusal_of_its_own_counts_where_it_is_frequent():
    """A value that only the tool knows to be wrong; what else failed is not explained."""
    (found,) = run(*[refused()] * 3, refused("seat 7 is broken"), refused("seat 7 does not exist"), *[book()] * 3)
    assert "refused for reasons of the tool's own 4 times, one message 3 times" in found.problem
    assert found.unknown == ("why 1 of the 5 calls failed",)
    assert found.quotes[0].quoted() == "“the seats on that flight are taken”"


def test_a_tool_that_fails_nearly_every_call():
    """Whatever the reason: four of five."""
    (found,) = run(*[refused("seat 7 does not exist")] * 4, book())
    assert found.problem == "book fails 4 of 5 calls (80.0%) in 1 of 1 traces: one message 4 times"


def test_measures_without_conditions():
    """One failure is no habit, and can be compared all the same."""
    spans, calls, _ = frames(trace(misfit(), book()))
    assert detect(spans, calls) == []
    assert measure(spans, calls, subject=SUBJECT).value == pytest.approx(0.5)
    assert measure(spans, calls, subject=dataclasses.replace(SUBJECT, service=Name("shop"))) is None


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([misfit()] * 4, id="few calls"),
        pytest.param([*[misfit()] * 2, *[book()] * 4], id="twice"),
        pytest.param([*[misfit()] * 3, *[book()] * 40], id="one in fourteen"),
        pytest.param([*[refused()] * 3, *[book()] * 12], id="one in five refused"),
        pytest.param([*[shell("2 of the tests failed")] * 9], id="tests that fail"),
        pytest.param([shell(f"{number} of the tests failed") for number in range(20)], id="tests that fail otherwise"),
        pytest.param([*[shell("2 of the tests failed")] * 30, *[shell()] * 30], id="half of the commands fail"),
        pytest.param([failing(book(), None, "no matching records were found")] * 9, id="it finds nothing"),
        pytest.param([*[refused("the page does not exist")] * 7, *[book()] * 3], id="is it there?"),
        pytest.param([*[refused("read timed out")] * 9, book()], id="a time-out"),
        pytest.param([*[refused("invalid api key")] * 9, book()], id="a wrong key"),
        pytest.param([refused("The user rejected this tool call")] * 9, id="a person says no"),
        pytest.param([*[refused("database is locked"), book(input='{"seat":7}')] * 9], id="the same goes well later"),
        pytest.param([book(status="unset", error_message="the user said no")] * 9, id="the user declines"),
        pytest.param([failing(model(), None, "field required")] * 9, id="no tool"),
        pytest.param([book()] * 9, id="no error"),
    ],
)
def test_says_nothing_when(steps):
    """Each of these fails, or looks like it, and the tool is not misused."""
    assert run(*steps) == []


def test_says_nothing_about_nothing():
    """Empty frames are a recording too."""
    assert detect(SPANS.empty().lazy(), CALLS.empty().lazy()) == []
    assert measure(SPANS.empty().lazy(), CALLS.empty().lazy(), subject=SUBJECT) is None


@pytest.mark.parametrize(
    ("error_type", "message", "reason"),
    [
        ("TypeError", "f() missing 1 required positional argument: 'city'", "missing argument"),
        (None, "1 validation error for Search\nquery\n  Field required [type=missing]", "missing argument"),
        (None, "MCP error -32602: Invalid arguments for tool search", "wrong type of argument"),
        (None, "InputValidationError: Read failed due to the following issue", "wrong type of argument"),
        (None, "'high' is not of type 'integer'", "wrong type of argument"),
        (None, "Additional properties are not allowed ('units' was unexpected)", "unknown argument"),
        ("json.decoder.JSONDecodeError", "Expecting ',' delimiter: line 1 column 9", "invalid JSON"),
        (None, "search2 is not a valid tool, try one of [search].", "unknown tool"),
        (None, "Error: Tool search2 not found in agent Desk", "unknown tool"),
        (None, "File has not been read yet. Read it first before writing to it.", "file not read before"),
        (None, "String to replace not found in file.", "text to replace not there"),
        (None, "No replacement was performed, old_str `x` did not appear verbatim", "text to replace not there"),
        (None, "the flight is full", None),
        ("exit code 1", "ModuleNotFoundError: No module named 'x'", None),
    ],
)
def test_wordings_of_what_does_not_fit(error_type, message, reason):
    """As validators, frameworks and tools word it."""
    rows = pl.DataFrame({"type": [error_type], "message": [message]}, schema={"type": pl.String, "message": pl.String})
    assert rows.select(refusal(pl.col("type"), pl.col("message"))).item() == reason


@pytest.mark.parametrize(
    ("message", "nothing"),
    [("No results found for 'beans'", True), ("Found 0 matches", True), ("no seats on the flight", False)],
)
def test_wordings_of_a_search_that_finds_nothing(message, nothing):
    """It has done its work."""
    assert pl.DataFrame({"message": [message]}).select(found_nothing(pl.col("message"))).item() is nothing


@pytest.mark.real_data
@pytest.mark.parametrize("other", [False, True], ids=["as recorded", "renamed"])
def test_recorded_bookings_do_not_fit(real_data, other):
    """73 tool errors in 200 runs, 72 of them of two tools; one message 13 times."""
    (path,) = [one for one in (real_data / "raw" / "tau-bench").rglob("*.json") if one.stat().st_size > 1_000_000]
    tables = recorded([path])
    spans, calls, _ = lazy(renamed(tables) if other else tables)
    found = {one.subject.operation: one for one in detect(spans, calls)}
    names = ("book_reservation", "update_reservation_flights")
    book_it, change_it = (found.pop(other_name(name) if other else name) for name in names)
    assert found == {}
    assert (book_it.evidence.occurrences, book_it.evidence.observed.n, book_it.traces) == (30, 53, 15)
    assert (change_it.evidence.occurrences, change_it.evidence.observed.n, change_it.traces) == (42, 104, 20)
    assert "one message 13 times" in change_it.problem


@pytest.mark.real_data
def test_a_recording_that_is_sound_stays_silent(real_data):
    """Sessions in which commands fail now and then."""
    folder = real_data / "raw" / "spotter-claude-code" / "test" / "fixtures" / "transcripts"
    spans, calls, _ = lazy(recorded(sorted(folder.glob("*.jsonl"))))
    assert detect(spans, calls) == []
