"""Commands that stand in the texts of a log of model calls."""

from __future__ import annotations

from collections import Counter

import pytest

from metabot.telemetry import openai_log
from metabot.telemetry.record import Span
from tests.metabot.telemetry.openai_calls import BEGAN, read

US = 1_000_000


def turn(second, command, *results, session="s1", **fields):
    """A call that was told these results and answers with a command."""
    sent = "Mend it." + "".join(
        f"\n\n<returncode>{code}</returncode>\n<output>\n{out}\n</output>" for code, out in results
    )
    said = f"THOUGHT: so be it.\n\n```bash\n{command}\n```" if command else "Done."
    return {"timestamp": (BEGAN + second) * US, "input": sent, "output": said, "session_id": session, **fields}


def tools(*records):
    return [one for one in read(*records) if isinstance(one, Span) and one.kind == "tool"]


def test_a_command_stands_between_the_call_that_asks_and_the_call_that_is_told():
    """What it returned says how it ended; when it began is not known."""
    first, second, third = turn(0, "ls"), turn(2, "make", (0, "a.c")), turn(5, None, (0, "a.c"), (2, "x\nno rule"))
    listed, made = tools(first, second, third)
    assert (listed.operation, listed.input, listed.status) == ("bash", "ls", "ok")
    assert (made.input, made.status, made.error_type, made.error_message) == (
        "make",
        "error",
        "exit_status_2",
        "no rule",
    )
    assert made.output == "<returncode>2</returncode>\n<output>\nx\nno rule\n</output>"
    assert (made.clock, made.start_ns) == ("order", (BEGAN + 5) * 10**9 - 1)
    models = [one for one in read(first, second, third) if isinstance(one, Span) and one.model_call]
    assert {one.parent_id for one in models} == {made.parent_id}


def test_a_command_that_says_nothing_has_no_message():
    """The tags around its output are not its own."""
    (made,) = tools(turn(0, "false"), turn(1, None, (1, "")))
    assert (made.status, made.error_type, made.error_message) == ("error", "exit_status_1", None)


def test_the_order_of_rows_says_nothing():
    """A log need not be sorted."""
    records = [turn(0, "ls"), turn(2, "make", (0, "a.c")), turn(5, None, (0, "a.c"), (2, "no rule"))]
    assert sorted(tools(*records), key=lambda one: one.start_ns) == sorted(
        tools(*records[::-1]), key=lambda one: one.start_ns
    )


def test_a_conversation_of_messages_tells_it_as_well():
    """The last message is the result."""
    asked = [{"role": "user", "content": "Mend it."}]
    said = {"role": "assistant", "content": "```bash\nls\n```"}
    shown = {"role": "user", "content": "<returncode>0</returncode>\n<output>\na.c\n</output>"}
    answers = (said, {"role": "assistant", "content": "Done."})
    requests = (asked, [*asked, said, shown])
    rows = [
        {
            "timestamp": (BEGAN + second) * US,
            "session_id": "s",
            "request": {"messages": messages},
            "response": {"choices": [{"message": answer}]},
        }
        for second, (messages, answer) in enumerate(zip(requests, answers, strict=True))
    ]
    (listed,) = tools(*rows)
    assert (listed.input, listed.status) == ("ls", "ok")


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([turn(0, "ls")], id="no result"),
        pytest.param([turn(0, None), turn(1, "ls", (0, "a"))], id="nothing asked"),
        pytest.param([turn(0, "ls"), turn(1, "ls")], id="the same request again"),
        pytest.param([turn(0, "ls"), turn(1, "ls", (0, "a"), (0, "b"))], id="two results more: a call is missing"),
        pytest.param([turn(0, "ls"), turn(1, "ls", (0, "a"), session="s2")], id="another session"),
        pytest.param([turn(0, "ls\n```\n\n```bash\npwd"), turn(1, "ls", (0, "a"))], id="two commands"),
    ],
)
def test_says_nothing_of_a_command_that(records):
    """Where it is not sure which result is whose, no tool is made up."""
    assert tools(*records) == []


@pytest.mark.real_data
def test_recorded_pushes_return_128_ten_times(real_data):
    """Five of them are `git push origin HEAD`; in another session one check is made again and again."""
    folder = real_data / "raw" / "lmcache-agent-trace" / "miniswe"
    found = {}
    for path in folder.glob("*.jsonl"):
        records = openai_log.read([path.read_bytes()])
        found[path.name[:8]] = [one for one in records if isinstance(one, Span) and one.kind == "tool"]
    assert sum(map(len, found.values())) == 244
    pushes = [one for one in found["5a8530b1"] if one.error_type == "exit_status_128"]
    assert len(pushes) == 10
    assert sum(one.input == "git push origin HEAD" for one in pushes) == 5
    assert Counter(one.input for one in found["07c6a78a"]).most_common(1)[0][1] == 11  # the twelfth has no result
