"""Loops of failing attempts and of turns: when it is said, with which figures, and when nothing is said."""

from __future__ import annotations

import dataclasses
import json

import pytest

from analyzers.errors.retry_loop import detect, measure
from analyzers.finding import Subject
from analyzers.frames import CALLS, SPANS
from analyzers.untrusted import Name
from tests.analyzers.recordings import lazy, other_name, recorded, renamed
from tests.builders import failing, frames, model, span, tool, trace

SHELL = Subject(service=Name("desk"), operation=Name("shell"))
HOOK = "hook failed: the type of ids is never a list"


def shell(line, **columns):
    return tool("shell", 1000, input=json.dumps({"command": line}), **columns)


def commit(words="a", message=HOOK, **columns):
    """A commit that the hook refuses, under words of its own."""
    return failing(shell(f'git add -A && git commit -m "{words}"', **columns), None, message)


def refused(message="seat 12 is taken", **arguments):
    told = {"date": "1 May", "from": "A", "to": "B", "seats": 2, "pay": "card", **arguments}
    return failing(tool("book", input=json.dumps(told)), None, message)


def edit(line=1):
    return tool("edit", 10, input=f'{{"file":"a.py","line":{line}}}', output="done")


def opened(page="1", output="page 1"):
    return tool("open", 20, input=f'{{"page":"{page}"}}', output=output)


def searched(query="beans"):
    return tool("search", 30, input=f'{{"query":"{query}"}}', output="page 1 says it")


def run(*traces, **options):
    spans, calls, _ = frames(*traces)
    return detect(spans, calls, **options)


def test_says_how_often_how_long_and_for_how_many_tokens():
    """Three attempts of a second each, two of them wasted; the model call that asks for one costs a cent."""
    asked = [
        (
            model(asks=(f"c{number}",), input_tokens=1000, output_tokens=10, cost_usd=0.01),
            commit(f"try {number}", tool_call_id=f"c{number}"),
        )
        for number in range(3)
    ]
    spans, calls, _ = frames(
        trace(*(step for steps in asked for step in steps), revision="abc"), *(trace(shell("ls")) for _ in range(3))
    )
    (found,) = detect(spans, calls)
    assert found.subject == SHELL
    assert found.evidence.observed == measure(spans, calls, subject=SHELL)
    assert (found.evidence.observed.value, found.evidence.observed.n, found.evidence.achievable) == (0.75, 4, 0.25)
    assert (found.evidence.occurrences, found.traces, found.traces_examined) == (3, 1, 4)
    assert (found.seconds_per_call, found.cost_usd_per_call) == (pytest.approx(0.5), pytest.approx(0.02 / 4))
    assert (len(found.affected), len(found.exemplars), found.revision) == (3, 1, "abc")
    assert [quote.quoted() for quote in found.quotes] == [f"“{HOOK}”"]
    assert found.problem == (
        "shell is tried up to 3 times in a row and fails in the same way each time: 3 calls in 1 loop in 1 of 4 "
        "traces, 3 s and 3,030 tokens of the model calls that asked for them"
    )


def test_what_is_not_recorded_is_not_made_up():
    """Without times and without the model calls that asked, attempts are counted all the same."""
    (found,) = run(trace(*[commit()] * 3, clock="order"))
    assert (found.seconds_per_call, found.cost_usd_per_call) == (None, None)
    assert found.cost_unknown == "no recorded model call names these calls"
    assert found.unknown == ("how long the attempts took",)
    assert found.problem.endswith("3 calls in 1 loop in 1 of 1 traces")


def test_nearly_the_same_arguments_refused_word_for_word_alike_are_one_action():
    """Another card, the same flight."""
    (found,) = run(trace(refused(), refused(pay="voucher"), refused(pay="cash")))
    assert (found.subject.operation, found.evidence.occurrences) == ("book", 3)


def test_work_between_the_attempts_of_a_command_makes_it_less_sure():
    """Four that fail alike though something was edited between them; three are an edit-test cycle."""
    tries = [step for line in range(4) for step in (commit(), edit(line))]
    assert run(trace(*tries[:6])) == []
    (found,) = run(trace(*tries))
    assert found.evidence.occurrences == 4


def test_without_inputs_the_same_message_directly_again():
    """Five in a row, and what is not known is said."""
    (found,) = run(trace(*[failing(tool("get"), None, "no route for 7")] * 5))
    assert found.unknown == ("that the attempts asked for the same: inputs were not captured",)


def test_two_actions_that_take_turns_and_learn_nothing():
    """No error, no progress: three rounds."""
    spans, calls, _ = frames(trace(*[opened(), searched()] * 3), trace(opened()))
    (found,) = detect(spans, calls)
    assert (found.subject.operation, found.subject.detail) == ("open", "search")
    assert (found.evidence.observed.value, found.evidence.occurrences) == (3, 6)
    assert found.seconds_per_call == pytest.approx(0.05)
    assert found.problem == (
        "open and search take turns 3 times with the same results: 6 calls in 1 loop in 1 of 2 traces, 0 s"
    )
    assert found.evidence.observed == measure(spans, calls, subject=found.subject)


def test_turns_around_a_failing_attempt_are_told_once():
    """The same edit before the same failing commit is the loop of the commit."""
    (found,) = run(trace(*[commit(), edit()] * 4))
    assert (found.subject, found.evidence.occurrences) == (SHELL, 4)


def test_loops_of_one_operation_are_one_finding():
    """Over all traces, however many kinds of errors."""
    (found,) = run(trace(*[commit()] * 3), trace(*[commit(message="no space left on device")] * 4))
    assert (found.evidence.occurrences, found.evidence.achievable, found.traces) == (7, 1, 2)


def test_measures_without_loops():
    """Nothing loops: 0; nothing was called: unknown."""
    spans, calls, _ = frames(trace(commit()))
    assert measure(spans, calls, subject=SHELL).value == 0
    assert measure(spans, calls, subject=dataclasses.replace(SHELL, service=Name("shop"))) is None


POLL = failing(shell("curl ready"), None, "connection to the job: not ready yet")
LIMIT = failing(tool("ask", input='{"q":1}'), "RateLimitError", "rate limit exceeded, slow down")
GREP = failing(shell('grep "x" a.txt'), "exit code 1", "Exit code 1")


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([commit(), commit()], id="a second attempt"),
        pytest.param([POLL] * 9 + [shell("curl ready")], id="polling until it is ready"),
        pytest.param([LIMIT] * 5, id="a rate limit is tried again"),
        pytest.param([GREP] * 5, id="a command that only says no"),
        pytest.param(
            [commit(), commit(), shell('git add -A && git commit -m "c"'), commit(), commit()], id="it worked"
        ),
        pytest.param([commit()] * 4 + [edit(), shell('git add -A && git commit -m "c"')], id="it worked in the end"),
        pytest.param(
            [failing(shell("make test"), None, f"{name} failed: not equal") for name in "abcde"], id="tests that differ"
        ),
        pytest.param([failing(shell(f"cat {name}"), None, "no such file here") for name in "abcde"], id="other files"),
        pytest.param([refused(date=f"{day} May", to=f"X{day}") for day in range(9)], id="other arguments"),
        pytest.param([failing(tool("get"), None, "no route for 7")] * 4, id="inputs unseen, four times"),
        pytest.param([failing(tool("get", start=0), None, "no route for 7")] * 9, id="at the same time"),
        pytest.param([span("step", None, commit(), kind="agent")] * 3, id="each agent once"),
        pytest.param([commit(), *[edit()] * 21, commit(), *[edit()] * 21, commit()], id="far between"),
        pytest.param([opened(), searched()] * 2, id="two rounds"),
        pytest.param([step for n in range(5) for step in (opened(f"{n}"), searched())], id="pages"),
        pytest.param(
            [step for n in range(5) for step in (opened("1", f"line {n}"), searched())], id="a page that changes"
        ),
        pytest.param([opened("1", "busy"), searched()] * 5 + [opened("1", "done")], id="turns until something changes"),
        pytest.param([opened("1", "busy"), shell("sleep 5", output="")] * 5, id="waiting in turns"),
        pytest.param([opened()] * 9, id="no turns"),
        pytest.param([tool("open"), tool("search")] * 5, id="turns of which nothing is known"),
    ],
)
def test_says_nothing_when(steps):
    """Each of these repeats something, or looks like it, and is no loop."""
    assert run(trace(*steps)) == []


def test_says_nothing_about_nothing():
    """Empty frames are a recording too."""
    assert detect(SPANS.empty().lazy(), CALLS.empty().lazy()) == []
    assert measure(SPANS.empty().lazy(), CALLS.empty().lazy(), subject=SHELL) is None


@pytest.mark.real_data
@pytest.mark.parametrize("other", [False, True], ids=["as recorded", "renamed"])
def test_a_recorded_commit_is_tried_seven_times(real_data, other):
    """Each try fails in the hook: 170 s; in the renamed recording each takes half as long again."""
    folder = real_data / "raw" / "spotter-claude-code" / "test" / "fixtures" / "transcripts"
    tables = recorded([folder / "ae4a77f8-aedd-4bc1-888f-c94edc91af04.jsonl"])
    spans, calls, _ = lazy(renamed(tables) if other else tables)
    (found,) = detect(spans, calls)
    assert found.subject.operation == (other_name("Bash") if other else "Bash")
    assert (found.evidence.occurrences, found.evidence.achievable, found.traces) == (7, 1, 1)
    assert round(found.seconds_per_call * 7 / 6) == (254 if other else 170)  # without the first try
    assert found.evidence.observed == measure(spans, calls, subject=found.subject)


@pytest.mark.real_data
def test_recorded_bookings_are_refused_again_and_again(real_data):
    """Of 200 runs nine repeat a refused booking three times or more; five times are the most."""
    (path,) = [one for one in (real_data / "raw" / "tau-bench").rglob("*.json") if one.stat().st_size > 1_000_000]
    spans, calls, _ = lazy(recorded([path]))
    found = {one.subject.operation: one for one in detect(spans, calls)}
    assert {name: one.evidence.occurrences for name, one in found.items()} == {
        "book_reservation": 11,
        "update_reservation_flights": 21,
    }
    assert all("up to 5 times" in one.problem for one in found.values())


@pytest.mark.real_data
@pytest.mark.parametrize("other", [False, True], ids=["as recorded", "renamed"])
def test_recorded_commands_fail_again_and_again(real_data, other):
    """In four of twelve sessions: a check 8 times, a migration 7 times, a script 5 and a push 4 times."""
    tables = recorded(sorted((real_data / "raw" / "lmcache-agent-trace" / "miniswe").glob("*.jsonl")))
    spans, calls, _ = lazy(renamed(tables) if other else tables)
    (found,) = detect(spans, calls)
    assert found.subject.operation == (other_name("bash") if other else "bash")
    assert (found.evidence.occurrences, found.traces, found.traces_examined) == (24, 4, 12)
    assert "up to 8 times in a row" in found.problem
    assert found.seconds_per_call is None


@pytest.mark.real_data
def test_a_recording_that_is_sound_stays_silent(real_data):
    """A session in which failing commands are followed by other ones."""
    folder = real_data / "raw" / "spotter-claude-code" / "test" / "fixtures" / "transcripts"
    spans, calls, _ = lazy(recorded([folder / "fa812bfe-b295-4cca-9c2f-fdf01028cb46.jsonl"]))
    assert detect(spans, calls) == []
