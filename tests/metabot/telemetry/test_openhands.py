import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry import openhands
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reject, Span
from tests.metabot.telemetry.mutations import mutated

BEGIN = 1_790_000_000  # 2026-09-21T14:13:20
S = 1_000_000_000


def stamp(second):
    return f"2026-09-21T14:{13 + (20 + second) // 60:02d}:{(20 + second) % 60:02d}.000000"


def called(call_id, command, response_id="r1", name="execute_bash"):
    """How an older event tells what the model said."""
    function = {"name": name, "arguments": json.dumps({"command": command})}
    message = {"content": "Look.", "tool_calls": [{"id": call_id, "function": function}]}
    response = {"id": response_id, "model": "m-1", "choices": [{"finish_reason": "tool_calls", "message": message}]}
    return {"function_name": name, "tool_call_id": call_id, "model_response": response}


def action(event_id, second, command, kind="run", response_id="r1", **fields):
    told = {"tool_call_metadata": called(f"c{event_id}", command, response_id)}
    event = {"id": event_id, "timestamp": stamp(second), "source": "agent", "action": kind, **told}
    return {**event, "args": {"command": command, "thought": "Look."}, **fields}


def observation(event_id, second, cause, *, content="setup.py", kind="run", code=0, **extras):
    told = {"metadata": {"exit_code": code}, "command": "ls", **extras}
    event = {"id": event_id, "timestamp": stamp(second), "source": "agent", "cause": cause, "observation": kind}
    return {**event, "content": content, "extras": told}


def usage(response_id, asked, answered=7, cached=0, written=0):
    tokens = {"prompt_tokens": asked, "completion_tokens": answered}
    return {
        "response_id": response_id,
        "model": "m-1",
        **tokens,
        "cache_read_tokens": cached,
        "cache_write_tokens": written,
    }


def metrics(*usages, latency=2.5):
    latencies = [{"response_id": one["response_id"], "model": "m-1", "latency": latency} for one in usages]
    total = {"prompt_tokens": sum(one["prompt_tokens"] for one in usages)}
    return {"accumulated_cost": 0.25, "accumulated_token_usage": total, "response_latencies": latencies,
            "token_usages": list(usages)}  # fmt: skip


USAGES = (usage("r1", 90, cached=64),)


def run(*history, usages=USAGES, **fields):
    metadata = {"agent_class": "CodeActAgent", "llm_config": {"model": "acme/m"}, "git_commit": "ab12"}
    own = {"instance_id": "acme__shop-7", "test_result": {"git_patch": ""}, "metadata": metadata, "error": None}
    return {**own, "history": list(history), "metrics": metrics(*usages), **fields}


def read(value):
    return list(openhands.read([json.dumps(value).encode()]))


def spans(records, *kinds):
    return [record for record in records if isinstance(record, Span) and (not kinds or record.kind in kinds)]


def took(span):
    return span.clock, span.start_ns / S - BEGIN, span.end_ns / S - BEGIN


def test_a_run_with_its_calls_and_commands():
    """A call ended when its action was recorded and began its latency before; a command ended with its result."""
    root, model, tool = spans(read(run(action(3, 10, "ls"), observation(4, 12, 3))))
    assert (took(root), took(model), took(tool)) == (("utc", 10, 12), ("utc", 7.5, 10), ("utc", 10, 12))
    assert (root.service, root.revision, root.kind) == ("OpenHands", "ab12", "agent")
    assert root.session_id.startswith("acme__shop-7 ")
    assert (tool.operation, tool.input, tool.output) == ("execute_bash", '{"command": "ls"}', "setup.py")
    assert (tool.status, tool.tool_call_id) == ("ok", "c3")


def test_a_call_has_the_tokens_of_its_answer():
    """Found by the answer's id; what was sent is not recorded."""
    _, model, _ = spans(read(run(action(3, 10, "ls"), observation(4, 12, 3))))
    call = model.model_call
    assert (call.model, call.input_tokens, call.cached_tokens, call.output_tokens) == ("m-1", 90, 64, 7)
    assert (call.response_id, call.finish_reason, call.tool_call_ids) == ("r1", "tool_calls", ("c3",))
    assert call.prompt_chars is None


def test_cached_tokens_that_were_counted_beside_are_added():
    """More cached than asked for shows it."""
    _, model = spans(read(run(action(3, 10, "ls"), usages=[usage("r1", 5, cached=80, written=15)])))
    assert model.model_call.input_tokens == 100


def test_several_actions_of_one_answer_are_one_call():
    """However many events repeat it."""
    records = read(run(action(3, 10, "ls"), action(4, 10, "make"), observation(5, 12, 4), observation(6, 13, 3)))
    (model,) = spans(records, "model")
    assert [(tool.tool_call_id, took(tool)[2]) for tool in spans(records, "tool")] == [("c4", 12), ("c3", 13)]
    assert took(model) == ("utc", 7.5, 10)


def test_a_call_without_an_event_is_counted():
    """A condenser's: when it was is unknown."""
    records = read(run(action(3, 10, "ls"), usages=[usage("r1", 90), usage("r9", 500)]))
    assert {model.model_call.response_id: model.model_call.input_tokens for model in spans(records, "model")} == {
        "r1": 90, "r9": 500,
    }  # fmt: skip
    assert spans(records, "model")[-1].clock == "order"


def test_a_call_without_a_latency_has_no_duration():
    """Only its end is known."""
    _, model = spans(read(run(action(3, 10, "ls"), metrics=None)))
    assert took(model) == ("order", 10, 10)
    assert model.model_call.input_tokens is None


def made(event, second):
    """The event, with the time at which its answer was made."""
    event["tool_call_metadata"]["model_response"]["created"] = second
    return event


@pytest.mark.parametrize(
    ("hours", "minutes"),
    [(8, 0), (-5, 0), (5, 30), (0, 0)],
    ids=["east", "west", "half an hour", "a machine in UTC"],
)
def test_the_zone_of_times_is_that_of_the_answers(hours, minutes):
    """Events have the machine's local time, answers count from 1970."""
    begun = BEGIN - hours * 3600 - minutes * 60
    events = [
        made(action(1, 5, "ls"), begun + 2),
        observation(2, 6, 1),
        made(action(3, 40, "cat", response_id="r2"), begun + 4),
    ]
    records = read(run(*events, usages=()))
    assert [one.start_ns // S - begun for one in spans(records, "model", "tool")] == [5, 5, 40]


@pytest.mark.parametrize("created", [0, BEGIN * 1000, -1, "x", BEGIN - 1200], ids=str)
def test_an_answer_that_tells_no_zone_moves_no_time(created):
    """Times without a zone are taken as UTC."""
    (call,) = spans(read(run(made(action(1, 5, "ls"), created), usages=())), "model")
    assert call.start_ns == (BEGIN + 5) * S


def test_a_zone_that_is_told_holds():
    """What answers say moves no time that has its own."""
    event = {**action(1, 5, "ls"), "timestamp": stamp(5) + "+00:00"}
    (call,) = spans(read(run(made(event, BEGIN - 8 * 3600), usages=())), "model")
    assert call.start_ns == (BEGIN + 5) * S


def test_the_oldest_history_is_pairs():
    """Without ids, times and answers: each action is a call, and its result stands beside it."""
    asked = {"source": "agent", "action": "run", "args": {"command": "ls", "thought": "Look."}}
    told = {"source": "agent", "observation": "run", "content": "setup.py", "extras": {"exit_code": 2, "command": "ls"}}
    first = {"source": "user", "action": "message", "args": {"content": "Mend it."}}
    records = read(run([first, {"observation": "null", "content": ""}], [asked, told], metrics={"accumulated_cost": 1}))
    (model,) = spans(records, "model")
    (tool,) = spans(records, "tool")
    assert {record.clock for record in records} == {"order"}
    assert list(model.model_call.texts.values()) == ["Look."]
    assert (tool.operation, tool.input, tool.error_type) == ("run", '{"command":"ls"}', "exit_status_2")


@pytest.mark.parametrize(
    "own",
    [
        pytest.param({"action": "system"}, id="the system's prompt"),
        pytest.param({"action": "recall"}, id="what the frame looks up"),
        pytest.param({"action": "message", "source": "user"}, id="the user"),
    ],
)
def test_what_no_model_decided_is_no_call(own):
    """The agent's frame writes actions as well."""
    event = {"id": 1, "timestamp": stamp(0), "source": "agent", "args": {}, **own}
    assert spans(read(run(event, usages=())), "model", "tool") == []


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        pytest.param({"code": 2, "content": "x\nno rule"}, ("error", "exit_status_2", "no rule"), id="failed"),
        pytest.param({"code": -1}, ("unset", None, None), id="still runs"),
        pytest.param({"kind": "error", "content": "no such file", "error_id": "AGENT_ERROR$BAD"},
                     ("error", "AGENT_ERROR$BAD", "no such file"), id="the frame's"),
        pytest.param({"kind": "browse", "error": True, "last_browser_action_error": "gone"},
                     ("error", None, "gone"), id="the browser's"),
        pytest.param({"kind": "edit", "content": "[File edited]"}, ("unset", None, None), id="an edit"),
    ],
)  # fmt: skip
def test_what_came_of_an_action(result, expected):
    """Each kind tells its failure its own way."""
    _, _, tool = spans(read(run(action(3, 10, "make"), observation(4, 12, 3, **result))))
    assert (tool.status, tool.error_type, tool.error_message) == expected


def test_what_a_person_refused_was_not_run():
    """Nor is it an error."""
    assert spans(read(run(action(3, 10, "rm"), observation(4, 12, 3, kind="user_rejected"))), "tool") == []


def test_a_result_of_an_unknown_kind_is_a_result():
    """Its kind may be anything; the command was run."""
    (tool,) = spans(read(run(action(3, 10, "ls"), observation(4, 12, 3, kind=[]))), "tool")
    assert (tool.status, tool.output) == ("unset", "setup.py")


def test_a_delegate_is_an_agent_of_its_own():
    """What it does stands below it; one that did not end has no duration."""
    inner = (action(6, 20, "ls", response_id="r2"), observation(7, 21, 6))
    begun = action(5, 12, "", kind="delegate")
    root, first, delegated, tool, model = _by_kind(run(begun, *inner, observation(8, 30, 5, kind="delegate")))
    assert (took(delegated), delegated.parent_id) == (("utc", 12, 30), root.span_id)
    assert (model.parent_id, tool.parent_id, first.parent_id) == (delegated.span_id, delegated.span_id, root.span_id)
    _, _, cut, tool, _ = _by_kind(run(begun, *inner))
    assert (took(cut), tool.parent_id) == (("utc start", 12, 12), cut.span_id)


def _by_kind(value):
    records = read(value)
    (root, delegated), (tool,) = spans(records, "agent"), spans(records, "tool")
    first, second = spans(records, "model")
    return root, first, delegated, tool, second


def event(kind, second, **fields):
    """As version 1 writes it."""
    return {"kind": kind, "id": f"e{second}", "timestamp": stamp(second), "source": "agent", **fields}


def acted(second, call_id="c1", **fields):
    call = {"id": call_id, "name": "terminal", "arguments": '{"command": "ls"}', "origin": "completion"}
    own = {"tool_name": "terminal", "tool_call_id": call_id, "tool_call": call, "llm_response_id": "r1"}
    return event("ActionEvent", second, thought=[{"type": "text", "text": "Look."}], **own, **fields)


def observed(second, call_id="c1", content="setup.py", **told):
    seen = {"kind": "TerminalObservation", "content": [{"type": "text", "text": content}], **told}
    own = {"tool_name": "terminal", "tool_call_id": call_id, "action_id": "e10", "observation": seen}
    return event("ObservationEvent", second, **own)


def test_the_events_of_version_1():
    """Tool calls are found by the model's own ids; an answer without one is a call, too."""
    said = event(
        "MessageEvent", 20, llm_response_id="r2", llm_message={"role": "assistant", "content": [{"text": "Done."}]}
    )
    system = event("SystemPromptEvent", 0, system_prompt={"text": "Be brief."})
    records = read(run(system, acted(10), observed(12, exit_code=0), said, usages=[usage("r1", 90), usage("r2", 95)]))
    root, first, tool, second = spans(records)
    assert (took(root), took(first), took(tool)) == (("utc", 0, 20), ("utc", 7.5, 10), ("utc", 10, 12))
    assert (tool.operation, tool.input, tool.output) == ("terminal", '{"command": "ls"}', "setup.py")
    assert first.model_call.tool_call_ids == ("c1",)
    assert list(second.model_call.texts.values()) == ["Done."]
    assert second.model_call.input_tokens == 95


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(observed(12, exit_code=2, command="make"), ("error", "exit_status_2"), id="a command"),
        pytest.param(observed(12, is_error=True), ("error", None), id="a tool"),
        pytest.param(event("AgentErrorEvent", 12, tool_call_id="c1", error="no such tool"), ("error", None), id="none"),
        pytest.param(observed(12, exit_code=-1), ("unset", None), id="still runs"),
    ],
)
def test_what_came_of_an_action_of_version_1(told, expected):
    """By the exit status or the observation's own word."""
    (tool,) = spans(read(run(acted(10), told)), "tool")
    assert (tool.status, tool.error_type) == expected


def test_what_a_person_refused_in_version_1_was_not_run():
    """Nor is it an error."""
    refused = event("UserRejectObservation", 12, tool_call_id="c1", action_id="e10", rejection_reason="no")
    assert spans(read(run(acted(10), refused)), "tool") == []


@pytest.mark.parametrize(
    ("fields", "scores"),
    [
        pytest.param({"test_result": {"report": {"resolved": True}}}, {"resolved": 1.0}, id="within the result"),
        pytest.param({"report": {"resolved": False, "empty_generation": True}}, {"resolved": 0.0}, id="beside it"),
        pytest.param({"test_result": {"score": 0.5}}, {"score": 0.5}, id="a number"),
        pytest.param({"test_result": {"git_patch": "x"}}, {}, id="not judged"),
    ],
)
def test_the_verdict_is_a_score(fields, scores):
    """Where one was written."""
    events = [record for record in read(run(**fields)) if isinstance(record, Event)]
    assert {one.name: one.value for one in events if one.kind == "score"} == scores
    (totals,) = [one for one in events if one.kind == "log"]
    assert json.loads(totals.text)["accumulated_cost"] == 0.25


def test_a_run_that_failed():
    """With the exception's class where the message begins with one, and with no history at all."""
    (root, *_) = read(run(history=None, metrics=None, error="AgentStuckInLoopError: going round"))
    assert (root.status, root.error_type) == ("error", "AgentStuckInLoopError")
    assert root.error_message == "AgentStuckInLoopError: going round"


def test_a_saved_trajectory_is_a_history_alone():
    """Of either version."""
    for history in ([action(3, 10, "ls"), observation(4, 12, 3)], [acted(10), observed(12)]):
        assert openhands.recognises(Opening(json.dumps(history).encode()))
        assert len(spans(read(history), "model", "tool")) == 2


def test_a_saved_trajectory_has_its_metrics_in_its_events():
    """Each event repeats those before it."""
    both = (usage("r1", 90), usage("r2", 95))
    first = action(3, 10, "ls", llm_metrics=metrics(*both[:1]))
    second = action(4, 20, "ls", response_id="r2", llm_metrics=metrics(*both))
    models = spans(read([first, second]), "model")
    assert [(took(model), model.model_call.input_tokens) for model in models] == [
        (("utc", 7.5, 10), 90), (("utc", 17.5, 20), 95),
    ]  # fmt: skip


def test_a_condensation_was_a_call():
    """Version 1 tells which answer it came from."""
    condensed = event("Condensation", 15, source="environment", llm_response_id="r9", summary="So far.")
    _, model, after = spans(read(run(condensed, usages=[usage("r1", 90), usage("r9", 500)])))
    assert (took(model), model.model_call.input_tokens) == (("utc", 12.5, 15), 500)
    assert list(model.model_call.texts.values()) == ["So far."]
    assert after.model_call.response_id == "r1"


def test_a_conversation_that_could_not_go_on():
    """Version 1 tells it in an event."""
    (root, *_) = read([acted(10), event("ConversationErrorEvent", 12, code="LLMTimeout", detail="no answer")])
    assert (root.status, root.error_type, root.error_message) == ("error", "LLMTimeout", "no answer")


def test_runs_are_known_by_how_they_began():
    """The same run has the same ids in any file; the same task at another time has others."""
    one = run(action(3, 10, "ls"))
    assert read(one) == read({**one, "metadata": {**one["metadata"], "eval_output_dir": "elsewhere"}})
    assert read(one)[0].trace_id != read(run(action(3, 11, "ls")))[0].trace_id
    begun = {"source": "user", "action": "message", "args": {"content": "Mend it."}}
    ends = [{"source": "agent", "action": "message", "args": {"content": said}} for said in ("Yes.", "No.")]
    assert len({read(run(begun, end))[0].trace_id for end in ends}) == 2


def test_lines_are_runs():
    """A broken one does not stop the others."""
    lines = [json.dumps(run(action(3, 10, "ls"))), '{"instance_id":', json.dumps(7), json.dumps(run(acted(10)))]
    records = list(openhands.read(["\n".join(lines).encode()]))
    assert [record.position for record in records if isinstance(record, Reject)] == ["line 2", "line 3"]
    assert len(spans(records, "agent")) == 2
    assert openhands.recognises(Opening(lines[0].encode()))


def test_the_settings_of_an_evaluation_are_no_run():
    """They lie beside its runs."""
    settings_ = Opening(b'{"agent_class": "CodeActAgent", "eval_output_dir": "out", "max_iterations": 30}')
    assert openhands.is_settings(settings_)
    assert not openhands.recognises(settings_)
    assert not openhands.is_settings(Opening(json.dumps(run()).encode()))


@given(st.data())
def test_never_raises(data):
    """Whatever is changed in it."""
    old = [action(3, 10, "ls"), observation(4, 12, 3), action(5, 13, "", kind="delegate")]
    valid = run(*old, acted(20), observed(21), usages=[usage("r1", 9), usage("r9", 5)], report={"resolved": True})
    for record in openhands.read([data.draw(mutated(valid))]):
        assert isinstance(record, (Span, Event, Reject))
