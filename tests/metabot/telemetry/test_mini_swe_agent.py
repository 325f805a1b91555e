import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry import mini_swe_agent
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reject, Span
from tests.metabot.telemetry.mutations import mutated

BEGIN = 1_790_000_000
S = 1_000_000_000
ASKED = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Mend it."}]


def answer(second, *commands, content="Look.", **fields):
    """As version 2 writes it."""
    actions = [{"command": command, "tool_call_id": f"c{at}"} for at, command in enumerate(commands)]
    usage = {"prompt_tokens": 90, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 64}}
    response = {"id": f"r{second}", "model": "m-1", "choices": [{"finish_reason": "stop"}], "usage": usage}
    extra = {"actions": actions, "response": response, "timestamp": BEGIN + second}
    return {"role": "assistant", "content": content, "extra": extra, **fields}


def result(second, output="setup.py", code=0, call_id="c0", **extra):
    told = {"raw_output": output, "returncode": code, "timestamp": BEGIN + second, "exception_info": "", **extra}
    return {"role": "tool", "tool_call_id": call_id, "content": f"<output>{output}</output>", "extra": told}


def run(*messages, exit_status="Submitted", mode=None, **fields):
    config = {"agent": {"mode": mode}, "model": {"model_name": "acme/m"}}
    info = {"model_stats": {"api_calls": 1}, "mini_version": "2.2.7", "exit_status": exit_status, "config": config}
    return {"info": info, "messages": [*ASKED, *messages], "trajectory_format": "mini-swe-agent-1.1", **fields}


def read(value):
    return list(mini_swe_agent.read([json.dumps(value).encode()]))


def spans(records, *kinds):
    return [record for record in records if isinstance(record, Span) and (not kinds or record.kind in kinds)]


def took(span):
    return span.clock, span.start_ns / S - BEGIN, span.end_ns / S - BEGIN


def test_a_call_took_from_the_message_before_it():
    """A message's time is when it came; of the first call only the end is known, so it has no duration."""
    records = read(run(answer(10, "ls"), result(12.5), answer(20.25, "make"), result(21)))
    root, first, ls, second, make = spans(records)
    assert took(root) == ("utc", 10, 21)
    assert took(first) == ("order", 10, 10)
    assert took(ls) == ("utc", 10, 12.5)
    assert took(second) == ("utc", 12.5, 20.25)
    assert took(make) == ("utc", 20.25, 21)
    assert (root.status, root.service_version, root.operation) == ("ok", "2.2.7", "invoke_agent")


def test_a_call_has_its_own_tokens():
    """From its response; the request is all messages before it."""
    _, model, _ = spans(read(run(answer(10, "ls"), result(12))))
    call = model.model_call
    assert (call.model, call.input_tokens, call.cached_tokens, call.output_tokens) == ("m-1", 90, 64, 7)
    assert list(call.texts.values()) == ["Be brief.", "Mend it.", "Look."]
    assert (call.response_id, call.finish_reason) == ("r10", "stop")


def test_several_commands_of_one_answer_began_together():
    """Their results come at once, when the last has ended: how long each took is unknown."""
    records = read(run(answer(10, "ls", "make"), result(15, "b", call_id="c1"), result(15, "a"), answer(20)))
    *_, make, ls, after = spans(records)
    assert (make.input, make.output, make.tool_call_id) == ("make", "<output>b</output>", "c1")
    assert (took(make), took(ls)) == (("utc start", 10, 10), ("utc start", 10, 10))
    assert took(after) == ("utc", 15, 20)


def test_where_a_person_confirms_a_command_its_time_is_unknown():
    """The wait for the person would count as the command's."""
    *_, tool = spans(read(run(answer(10, "ls"), result(500), mode="confirm")))
    assert took(tool) == ("order", 500, 500)


def test_a_persons_command_asked_no_model():
    """It is a command all the same."""
    typed = {"role": "user", "content": "User command", "extra": {"actions": [{"command": "ls"}]}}
    told = {"role": "user", "content": "setup.py", "extra": {"returncode": 0, "raw_output": "setup.py"}}
    assert [span.kind for span in spans(read(run(typed, told)))] == ["agent", "tool"]


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param({"model_response": "No command."}, id="its text"),
        pytest.param({"response": {"choices": [{"message": {"content": "No command."}}]}}, id="the response"),
    ],
)
def test_an_answer_that_could_not_be_read_was_a_call(extra):
    """It stands in the complaint alone."""
    complaint = {"role": "user", "content": "Give one.", "extra": {"interrupt_type": "FormatError", **extra}}
    (model,) = spans(read(run(complaint)), "model")
    assert list(model.model_call.texts.values())[-1] == "No command."


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(result(12, code=-1, exception_info="action was not executed"), id="never reached"),
        pytest.param({"role": "user", "content": "Commands not executed. The user rejected", "extra":
                      {"interrupt_type": "UserRejection"}}, id="rejected"),
    ],
)  # fmt: skip
def test_a_command_that_was_not_run_is_no_tool_call(after):
    """Nor is it an error."""
    assert spans(read(run(answer(10, "ls"), after)), "tool") == []


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(result(12, "x\nno rule", 2), ("error", "exit_status_2", "no rule"), id="failed"),
        pytest.param(result(12, "", 0), ("ok", None, None), id="succeeded"),
        pytest.param(result(12, "", -1, exception_info="too slow", exception_type="TimeoutExpired"),
                     ("error", "TimeoutExpired", "too slow"), id="timed out"),
    ],
)  # fmt: skip
def test_what_a_command_returned(told, expected):
    """By its exit status, and where it could not be run by why."""
    (tool,) = spans(read(run(answer(10, "make"), told)), "tool")
    assert (tool.status, tool.error_type, tool.error_message) == expected


def test_the_other_interface():
    """Responses are messages there, and results are items of their own."""
    call = {"type": "function_call", "call_id": "c0", "name": "bash", "arguments": "{}"}
    extra = {"actions": [{"command": "ls", "tool_call_id": "c0"}], "timestamp": BEGIN}
    usage = {"input_tokens": 90, "input_tokens_details": {"cached_tokens": 64}, "output_tokens": 7}
    response = {"object": "response", "id": "r1", "model": "m", "output": [call], "usage": usage, "extra": extra}
    told = {"type": "function_call_output", "call_id": "c0", "output": "setup.py", "extra": {"returncode": 0}}
    _, first, tool, second = spans(read(run(response, told, {**response, "id": "r2"})))
    assert (first.model_call.input_tokens, first.model_call.tool_call_ids) == (90, ("c0",))
    assert (tool.output, tool.status) == ("setup.py", "ok")
    assert "setup.py" in second.model_call.texts.values()


def test_the_oldest_files_are_a_list():
    """The command stands in the answer and what it returned in front of the next message; there are no times."""
    asking = {"role": "assistant", "content": "Look.\n```bash\ngrep x file\n```"}
    told = {"role": "user", "content": "<returncode>1</returncode>\n<output>\n</output>"}
    slow = {"role": "user", "content": "The last command <command>grep</command> timed out and has been killed."}
    records = read([*ASKED, asking, told, asking, slow])
    _, model, found, _, late = spans(records)
    assert {record.clock for record in records} == {"order"}
    assert (found.input, found.status) == ("grep x file", "unset")
    assert (late.status, late.error_type) == ("error", "timeout")
    assert model.model_call.input_tokens is None
    assert mini_swe_agent.recognises(Opening(json.dumps([*ASKED, asking, told]).encode()))


@pytest.mark.parametrize(
    ("status", "last", "expected"),
    [
        pytest.param("LimitsExceeded", {}, ("error", "LimitsExceeded", "LimitsExceeded"), id="a limit"),
        pytest.param("RuntimeError", {"exception_str": "no key"}, ("error", "RuntimeError", "no key"), id="a failure"),
        pytest.param("", {}, ("unset", None, None), id="still going"),
    ],
)
def test_how_a_run_ended(status, last, expected):
    """The last message tells, too; it was sent to nobody."""
    end = {"role": "exit", "content": status, "extra": last}
    root, *_ = spans(read(run(end, exit_status=status)))
    assert (root.status, root.error_type, root.error_message) == expected


def test_a_file_that_grew_is_the_same_run():
    """It is known by its first answer, which no other run has."""
    before, after = read(run(answer(10, "ls"))), read(run(answer(10, "ls"), result(12)))
    assert before[0].trace_id == after[0].trace_id
    assert before[0].trace_id != read(run(answer(11, "ls")))[0].trace_id


@pytest.mark.parametrize("value", [pytest.param({}, id="nothing"), pytest.param([1], id="no messages")])
def test_what_is_no_run_is_a_reject(value):
    """With its place."""
    (reject,) = read(value)
    assert isinstance(reject, Reject)


def test_is_recognised_by_its_messages_and_its_info():
    """Where its last key lies beyond the opening, too."""
    value = run()
    del value["trajectory_format"]
    assert mini_swe_agent.recognises(Opening(json.dumps(value).encode()))
    assert not mini_swe_agent.recognises(Opening(json.dumps({"messages": ASKED}).encode()))


@given(st.data())
def test_never_raises(data):
    """Whatever is changed in it."""
    complaint = {"role": "user", "content": "x", "extra": {"interrupt_type": "FormatError", "model_response": "y"}}
    response = {"object": "response", "output": [{"type": "function_call", "call_id": "c", "name": "bash"}]}
    valid = run(answer(10, "ls", "make"), result(12), result(12, call_id="c1"), complaint, response)
    for record in mini_swe_agent.read([data.draw(mutated(valid))]):
        assert isinstance(record, (Span, Event, Reject))


@pytest.mark.real_data
def test_a_published_trajectory(real_data):
    """Ten answers, each with its command; two commands failed, and the last one handed in what was done."""
    file = real_data / "raw/mini-swe-agent/tests/test_data/github_issue.traj.json"
    assert mini_swe_agent.recognises(Opening(file.read_bytes()))
    records = list(mini_swe_agent.read([file.read_bytes()]))
    assert (len(spans(records, "model")), len(spans(records, "tool"))) == (10, 10)
    assert [tool.error_type for tool in spans(records, "tool") if tool.status == "error"] == ["exit_status_1"] * 2
