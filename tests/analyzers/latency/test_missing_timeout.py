"""Calls that hang: when it is said, with which figures, and when nothing is said."""

from __future__ import annotations

import dataclasses

import pytest

from analyzers.finding import Subject
from analyzers.frames import CALLS, SPANS
from analyzers.latency.missing_timeout import Settings, detect, measure
from analyzers.untrusted import Name
from tests.analyzers.recordings import other_name, recorded, renamed
from tests.builders import client, failing, frames, model, span, tool, trace

SUBJECT = Subject(service=Name("desk"), operation=Name("fetch"))
S = 1000
HOUR = 3_600 * S


def usual(calls=9, seconds=10, name="fetch", **columns):
    return [trace(tool(name, seconds * S, **columns), at=number) for number in range(calls)]


def hanging(ms=HOUR + 5 * S, **columns):
    return trace(tool("fetch", ms, status="ok", code_function="desk.fetch", **columns), at=100)


def run(*traces, **options):
    spans, calls, _ = frames(*traces)
    return detect(spans, calls, **options)


def test_says_which_calls_hang():
    """One of ten takes an hour where the others take ten seconds, and ends well."""
    spans, calls, _ = frames(*usual(), hanging(revision="abc"))
    (found,) = detect(spans, calls)
    assert found.subject == SUBJECT
    assert found.evidence.observed == measure(spans, calls, subject=SUBJECT)
    assert (found.evidence.observed.value, found.evidence.observed.n) == (360_500, 10)
    assert found.evidence.achievable == pytest.approx(1_000)
    assert (found.evidence.occurrences, found.traces, found.traces_examined) == (1, 1, 10)
    assert (
        "1 of 10 calls of fetch hang for up to 3,605.00 s, where 95% of the others end within 10.00 s" in found.problem
    )
    assert "round" not in found.problem
    assert [anchor.function.quoted() for anchor in found.code] == ["“desk.fetch”"]
    assert (found.revision, len(found.exemplars), len(found.affected)) == ("abc", 1, 1)


def test_numbers_in_names_are_no_other_operation():
    """The steps of a run are compared with each other; only what the step itself does counts."""
    steps = [span(f"Step {number}", None, model("chat", 10 * S), kind="workflow") for number in range(8)]
    long = span("Step 8", 4 * HOUR, model("chat", 10 * S), kind="workflow")
    (found,) = run(trace(*steps, long))
    assert found.subject.operation == "Step 8"
    assert found.evidence.observed.value == pytest.approx((4 * HOUR - 10 * S) / 9)


def test_calls_that_pile_up_at_a_round_limit():
    """Three of thirty end just after 60 s, where the others take 5 s and none lies near: somebody's time-out."""
    (found,) = run(*usual(27, 5), *(hanging(60_000 + late) for late in (10, 40, 90)))
    assert found.evidence.occurrences == 3
    assert "3 end just at 60 s, as somebody else's time-out would" in found.problem


def test_one_that_ends_at_a_limit_without_a_token():
    """Nothing came: the time-out is the likeliest end. The client below the call is the call's."""
    quick = [trace(model("chat", 4 * S, output_tokens=90), at=number) for number in range(9)]
    empty = model("chat", 90_020, output_tokens=0)
    empty = dataclasses.replace(empty, children=(client("POST", 90_010),))
    (found,) = run(*quick, trace(empty, at=50))
    assert found.subject.operation == "chat"
    assert "1 end just at 90 s" in found.problem
    assert "1 return no token" in found.problem


def beside_work():
    return trace(client("fetch", HOUR, start=0), tool("build", HOUR, start=0), at=100)


def with_children():
    long = tool("fetch", None, *(model("chat", 20 * S) for _ in range(60)))
    return trace(long, at=100)


@pytest.mark.parametrize(
    "traces",
    [
        pytest.param([*usual(4), hanging()], id="too few to compare with"),
        pytest.param([*usual(9), *(hanging() for _ in range(3))], id="long calls are its way"),
        pytest.param([*usual(name="ask_user"), trace(tool("ask_user", HOUR), at=100)], id="a person answers"),
        pytest.param([*usual(seconds=1), hanging(110_000)], id="less than two minutes, at no limit"),
        pytest.param([*usual(seconds=30.5), hanging(200_000)], id="six times as long as the others"),
        pytest.param([*usual(27, 5), *(hanging(60_010) for _ in range(2))], id="two at one limit"),
        pytest.param(
            [*usual(60, 4), *(hanging(60_010) for _ in range(3)), *(hanging(54_200 + 700 * n) for n in range(8))],
            id="a limit that many lie near",
        ),
        pytest.param(
            [*(trace(model("chat", 4 * S), at=n) for n in range(9)), trace(model("chat", 90_020), at=50)],
            id="at a limit, and nobody says how many tokens came",
        ),
        pytest.param([*usual(), trace(failing(tool("fetch", HOUR)), at=100)], id="ended by an error"),
        pytest.param([*usual(), beside_work()], id="other work beside it"),
        pytest.param([*usual(), with_children()], id="a tool that runs an agent"),
        pytest.param([*(trace(ms=S) for _ in range(9)), trace(ms=HOUR)], id="an agent that runs for an hour"),
        pytest.param([*(trace(kind="workflow", ms=S) for _ in range(9)), trace(kind="workflow", ms=HOUR)], id="a root"),
        pytest.param([*usual(), hanging(clock="order")], id="places in an order take no time"),
        pytest.param([*usual(), hanging(clock="utc start")], id="nobody knows when they ended"),
        pytest.param([*usual(), hanging(-HOUR)], id="a clock that jumped"),
        pytest.param([hanging()], id="one call"),
        pytest.param([trace()], id="one span"),
    ],
)
def test_says_nothing_when(traces):
    """Each of these looks like a call that hangs and is not, or nothing shows that it is."""
    assert run(*traces) == []


def test_says_nothing_about_nothing():
    """Empty frames are a recording too; an operation that is nowhere has no figure."""
    empty = SPANS.empty().lazy(), CALLS.empty().lazy()
    assert detect(*empty) == []
    assert measure(*empty, subject=SUBJECT) is None


def test_measures_without_conditions():
    """Where nothing hangs the figure is nothing; three of twelve are too many to be said and are measured."""
    spans, calls, _ = frames(*usual())
    assert measure(spans, calls, subject=SUBJECT).value == 0
    spans, calls, _ = frames(*usual(), *(hanging() for _ in range(3)))
    assert measure(spans, calls, subject=SUBJECT).value == pytest.approx(3 * (HOUR + 5 * S) / 12)
    assert measure(spans, calls, subject=dataclasses.replace(SUBJECT, operation=Name("other"))) is None


def test_what_hangs_is_a_setting():
    """Who serves people at a counter calls twenty seconds hanging."""
    assert len(run(*usual(seconds=1), hanging(20_500), settings=Settings(min_seconds=20))) == 1


@pytest.mark.real_data
@pytest.mark.slow
def test_a_recorded_call_that_ended_after_five_minutes(real_data):
    """300.03 s and no token, where nearly all other calls take less than 27 s. Under other names as well."""
    (archive,) = (real_data / "raw" / "kv-cache-tester").rglob("*.tar.zst")
    tables = recorded([archive])
    (found,) = detect(tables["spans"].lazy(), tables["calls"].lazy())
    assert found.evidence.occurrences == 1
    assert "hang for up to 300.03 s" in found.problem
    assert "1 end just at 300 s" in found.problem
    assert "1 return no token" in found.problem
    other = renamed(tables)
    (again,) = detect(other["spans"].lazy(), other["calls"].lazy())
    assert str(again.subject.operation) == other_name("request")
    assert "450.05 s" in again.problem or "450.04 s" in again.problem


@pytest.mark.real_data
def test_recorded_runs_of_a_coding_agent(real_data):
    """Test suites of three minutes, people who answer, steps of all lengths: nothing hangs."""
    sessions = (real_data / "raw" / "spotter-claude-code").rglob("*.jsonl")
    tables = recorded([*sessions, *(real_data / "raw" / "trail").rglob("*.tar.zst")])
    assert detect(tables["spans"].lazy(), tables["calls"].lazy()) == []
