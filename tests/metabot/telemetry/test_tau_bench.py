import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry import tau_bench
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reject, Span
from tests.metabot.telemetry.mutations import mutated


def call(name="find_parcel", call_id="c1", arguments='{"parcel": "P7"}'):
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def asking(*calls):
    return {"role": "assistant", "content": None, "tool_calls": list(calls)}


def result(content, call_id="c1", name="find_parcel"):
    return {"role": "tool", "tool_call_id": call_id, "name": name, "content": content}


def run(*messages, **fields):
    start = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Where is my parcel?"}]
    return {"task_id": 4, "trial": 1, "reward": 0.0, "info": {}, "traj": [*start, *messages], **fields}


def read(*runs):
    return list(tau_bench.read([json.dumps(list(runs)).encode()]))


def spans(records, kind):
    return [record for record in records if isinstance(record, Span) and record.kind == kind]


def test_a_run_is_a_trace():
    """One root; each assistant message a model call and each tool message a tool call below it, in order."""
    records = read(run(asking(call()), result("on its way"), {"role": "assistant", "content": "On its way!"}))
    (root,) = spans(records, "agent")
    first, second = spans(records, "model")
    (tool,) = spans(records, "tool")
    assert {first.parent_id, second.parent_id, tool.parent_id} == {root.span_id}
    assert root.start_ns <= first.start_ns < tool.start_ns < second.start_ns <= root.end_ns
    assert {record.clock for record in records} == {"order"}
    assert (tool.operation, tool.tool_call_id, tool.input, tool.output) == (
        "find_parcel", "c1", '{"parcel": "P7"}', "on its way",
    )  # fmt: skip
    assert root.session_id.startswith("task 4, trial 1 ")


def test_a_request_is_all_messages_before_the_answer():
    """The tokens are not recorded: unknown, not zero."""
    (model,) = spans(read(run({"role": "assistant", "content": "Hello"})), "model")
    assert list(model.model_call.texts.values()) == ["Be kind.", "Where is my parcel?", "Hello"]
    assert model.model_call.input_tokens is None
    assert model.model_call.model is None


def test_the_reward_is_a_score():
    """Of the whole run."""
    records = read(run(reward=1.0))
    (score,) = [record for record in records if isinstance(record, Event)]
    assert (score.kind, score.name, score.value, score.span_id) == ("score", "reward", 1.0, records[0].span_id)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("Error: no such parcel", ("error", "no such parcel", None), id="an exception"),
        pytest.param("Unknown action fly", ("error", "Unknown action fly", "unknown_action"), id="no such tool"),
        pytest.param("No Error: all is well", ("unset", None, None), id="the word within"),
        pytest.param("", ("unset", None, None), id="nothing"),
    ],
)
def test_a_failed_tool_says_so_in_front(content, expected):
    """The environment has no other way to tell it."""
    (tool,) = spans(read(run(asking(call()), result(content))), "tool")
    assert (tool.status, tool.error_message, tool.error_type) == expected


def test_tools_called_in_the_text():
    """Agents of the strategies act and react write the call into their answer."""
    said = 'Thought:\nlook it up\nAction:\n{"name": "find_parcel", "arguments": {"parcel": "P7"}}'
    records = read(run({"role": "assistant", "content": said}, {"role": "user", "content": "API output: Error: none"}))
    (tool,) = spans(records, "tool")
    assert (tool.operation, tool.input, tool.error_message) == ("find_parcel", '{"parcel":"P7"}', "none")


def test_several_calls_of_one_answer_find_their_results():
    """By id, whatever the order."""
    calls = asking(call(arguments="1"), call(call_id="c2", arguments="2"))
    tools = spans(read(run(calls, result("two", "c2"), result("one", "c1"))), "tool")
    assert [(tool.input, tool.output) for tool in tools] == [("2", "two"), ("1", "one")]


def test_calls_and_results_in_parts():
    """An agent on Anthropic's interface keeps its messages as they are there."""
    use = {"type": "tool_use", "id": "t1", "name": "find_parcel", "input": {"parcel": "P7"}}
    back = {"type": "tool_result", "tool_use_id": "t1", "content": "Error: no such parcel"}
    said = {"role": "assistant", "content": [{"type": "text", "text": "Let me look."}, use]}
    records = read(run(said, {"role": "user", "content": [back]}))
    (model,), (tool,) = spans(records, "model"), spans(records, "tool")
    assert model.model_call.tool_call_ids == ("t1",)
    assert (tool.operation, tool.input, tool.error_message) == ("find_parcel", '{"parcel":"P7"}', "no such parcel")


def test_an_exception_that_ended_a_run():
    """It stands in `info`, with an empty list of messages."""
    trace = 'Traceback (most recent call last):\n  File "run.py", line 7, in main\nacme.QuotaError: no quota left\n'
    root, _ = read(run(info={"error": "no quota left", "traceback": trace}, traj=[]))
    assert (root.status, root.error_type, root.error_message) == ("error", "acme.QuotaError", "no quota left")


def test_runs_are_known_by_their_content():
    """The same run has the same ids in any file; one of another model with the same numbers has others."""
    one, other = run({"role": "assistant", "content": "yes"}), run({"role": "assistant", "content": "no"})
    assert read(one) == read(run(), one)[-len(read(one)) :]
    assert read(one)[0].trace_id != read(other)[0].trace_id


@pytest.mark.parametrize(
    "value",
    [pytest.param(7, id="a number"), pytest.param({"task_id": 1}, id="no messages"), pytest.param([], id="a list")],
)
def test_what_is_no_run_is_a_reject(value):
    """And the runs beside it are read."""
    records = read(value, run())
    assert isinstance(records[0], Reject)
    assert records[0].position == "line 1, run 1"
    assert isinstance(records[1], Span)


def test_is_recognised():
    """As a list and one a line; other lists of messages are not."""
    assert tau_bench.recognises(Opening(json.dumps([run()]).encode()))
    assert tau_bench.recognises(Opening(json.dumps(run()).encode()))
    assert not tau_bench.recognises(Opening(json.dumps(run()["traj"]).encode()))


@given(st.data())
def test_never_raises(data):
    """Whatever is changed in it."""
    part = {"type": "tool_result", "tool_use_id": "c1", "content": "x"}
    valid = [
        run(
            asking(call()),
            result("Error: x"),
            {"role": "user", "content": [part]},
            info={"error": "e", "traceback": "a: b"},
        )
    ]
    for record in tau_bench.read([data.draw(mutated(valid))]):
        assert isinstance(record, (Span, Event, Reject))


@pytest.mark.real_data
def test_the_published_airline_runs(real_data):
    """Counted from the file by another script: how many runs and tools failed, and that the two go together."""
    file = real_data / "raw/tau-bench/historical_trajectories/gpt-4o-airline.json"
    assert tau_bench.recognises(Opening(file.read_bytes()[: 1 << 20]))
    records = list(tau_bench.read([file.read_bytes()]))
    rewards = {record.trace_id: record.value for record in records if isinstance(record, Event)}
    failed = [tool for tool in spans(records, "tool") if tool.status == "error"]
    message = "flight HAT030 not available on date 2024-05-13"
    top = [tool.session_id for tool in failed if tool.error_message == message]
    with_error = {tool.trace_id for tool in failed}
    assert (len(rewards), sum(not reward for reward in rewards.values()), len(failed), len(top)) == (200, 116, 73, 13)
    assert sum(session.startswith("task 13, trial 0 ") for session in top) == 5
    assert (sum(rewards[trace] for trace in with_error), len(with_error)) == (9, 36)
