import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry import swe_agent
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reject, Span
from tests.metabot.telemetry.mutations import mutated

ASKED = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Mend it."}]
SENT = {"instance_cost": 0.5, "tokens_sent": 900, "tokens_received": 40, "api_calls": 2}


def step(action="ls -F\n", observation="setup.py", response="Look around.", **fields):
    return {"action": action, "observation": observation, "response": response, "thought": "", "state": "{}", **fields}


def run(*steps, stats=SENT, exit_status="submitted", **fields):
    info = {"model_stats": stats, "exit_status": exit_status, "swe_agent_version": "1.1.0"}
    return {"environment": "main", "trajectory": list(steps) or [step()], "history": [], "info": info, **fields}


def configured(name):
    return json.dumps({"agent": {"model": {"name": name}}, "problem_statement": {"id": "acme__shop-7"}})


def read(value):
    return list(swe_agent.read([json.dumps(value).encode()]))


def spans(records, *kinds):
    return [record for record in records if isinstance(record, Span) and (not kinds or record.kind in kinds)]


def test_a_step_is_a_model_call_and_a_tool_call():
    """In order, without times; the run is known by its task."""
    root, model, tool = spans(read(run(replay_config=configured("gpt-4o"))))
    assert (root.kind, root.status, root.service, root.service_version) == ("agent", "ok", "SWE-agent", "1.1.0")
    assert root.session_id.startswith("acme__shop-7 ")
    assert (model.model_call.model, model.model_call.answer_chars) == ("gpt-4o", len("Look around."))
    assert (tool.operation, tool.input, tool.output, tool.status) == ("ls", "ls -F", "setup.py", "unset")
    assert root.start_ns <= model.start_ns < tool.start_ns <= root.end_ns
    assert {model.parent_id, tool.parent_id} == {root.span_id}


@pytest.mark.parametrize("key", ["query", "messages"])
def test_a_request_is_what_was_sent(key):
    """Both versions' names for it."""
    (model,) = spans(read(run(step(**{key: ASKED}))), "model")
    assert list(model.model_call.texts.values()) == ["Be brief.", "Mend it.", "Look around."]


def test_a_history_is_no_request():
    """The model was shown a part of it: which one is not told."""
    (model,) = spans(read(run(history=ASKED)), "model")
    assert model.model_call.prompt_chars is None


def test_the_totals_are_the_runs():
    """No single call has them."""
    records = read(run())
    (model,) = spans(records, "model")
    (log,) = [record for record in records if isinstance(record, Event)]
    assert model.model_call.input_tokens is None
    assert (log.kind, log.name, json.loads(log.text)) == ("log", "model_stats", SENT)
    assert log.span_id == records[0].span_id


@pytest.mark.parametrize(
    "stats",
    [
        pytest.param({"api_calls": 0, "tokens_sent": 0}, id="a person's"),
        pytest.param({"api_calls": 11, "tokens_sent": 0, "instance_cost": 0}, id="replayed"),
    ],
)
def test_a_run_that_sent_nothing_asked_no_model(stats):
    """Its steps are an agent's, with what was said."""
    _, said, _ = spans(read(run(stats=stats)))
    assert (said.kind, said.output, said.model_call) == ("agent", "Look around.", None)


def test_tool_calls_are_found_in_the_history():
    """Two answers of one text have their own."""

    def message(call_id):
        function = {"name": "open", "arguments": '{"path":"a"}'}
        return {
            "role": "assistant",
            "content": "Open it.",
            "action": "open a",
            "tool_calls": [{"id": call_id, "function": function}],
        }

    steps = [step("open a", response="Open it."), step("open a", response="Open it.")]
    records = read(run(*steps, history=[message("c1"), {**message("c9"), "is_demo": True}, message("c2")]))
    assert [tool.tool_call_id for tool in spans(records, "tool")] == ["c1", "c2"]
    assert [model.model_call.tool_call_ids for model in spans(records, "model")] == [("c1",), ("c2",)]
    assert spans(records, "tool")[0].input == '{"path":"a"}'


@pytest.mark.parametrize(
    ("observation", "kind", "message"),
    [
        pytest.param("half\nEXECUTION TIMED OUT BECAUSE", "timeout", "EXECUTION TIMED OUT BECAUSE", id="until 0.7"),
        pytest.param("The command 'vi a\nb' was cancelled because it took more than 30 seconds.", "timeout",
                     "The command 'vi a\nb' was cancelled because it took more than 30 seconds.", id="since 1.0"),
        pytest.param("\nEXECUTION FAILED OR COMMAND MALFORMED", "execution_failed",
                     "EXECUTION FAILED OR COMMAND MALFORMED", id="malformed"),
        pytest.param('grep: "EXECUTION TIMED OUT": no match', None, None, id="the words within a line"),
    ],
)  # fmt: skip
def test_what_the_environment_could_not_do_is_an_error(observation, kind, message):
    """Told at the start of a line; a shell's own failures have no mark."""
    (tool,) = spans(read(run(step(observation=observation))), "tool")
    assert (tool.error_type, tool.error_message) == (kind, message)
    assert (tool.status == "error") == (kind is not None)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param("submitted", ("ok", None), id="submitted"),
        pytest.param("submitted (exit_cost)", ("error", "exit_cost"), id="submitted what there was"),
        pytest.param("exit_context", ("error", "exit_context"), id="too long"),
        pytest.param("exit_command", ("unset", None), id="left on its own"),
        pytest.param(None, ("unset", None), id="unknown"),
    ],
)
def test_how_a_run_ended(status, expected):
    """A limit that was reached is an error, even where a patch was submitted then."""
    root, *_ = spans(read(run(exit_status=status)))
    assert (root.status, root.error_type) == expected


@pytest.mark.parametrize(
    "last",
    [
        pytest.param(step("exit_cost", "", "Exit due to cost limit"), id="until 0.7"),
        pytest.param(step("", "Exited (autosubmitted)", "Exit due to cost limit", query=[{}]), id="since 1.0"),
    ],
)
def test_a_step_that_gives_up_is_no_call(last):
    """The agent wrote it; it tells why the run ended."""
    records = read(run(step(), last, exit_status="submitted (exit_cost)"))
    assert len(spans(records, "model")) == 1
    assert records[0].error_message == "Exit due to cost limit"


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param(step("", "", "No command."), id="none"),
        pytest.param(step("vim", "", "Edit.", execution_time=0.0), id="blocked"),
    ],
)
def test_a_command_that_was_not_run_is_no_tool_call(refused):
    """The model was asked all the same."""
    records = read(run(refused))
    assert (len(spans(records, "model")), len(spans(records, "tool"))) == (1, 0)


def test_a_run_that_was_tried_again():
    """Each try is an agent below the run; the best one, written twice, is read once."""
    tries = [run(step("a")), run(step("b"), step("c"))]
    tries[1]["info"]["review"] = {"accept": 0.75}
    records = read({"attempts": tries, **tries[1]})
    root, first, second = spans(records, "agent")
    assert {first.parent_id, second.parent_id} == {root.span_id}
    assert [tool.parent_id for tool in spans(records, "tool")] == [first.span_id, second.span_id, second.span_id]
    scores = [record for record in records if isinstance(record, Event) and record.kind == "score"]
    assert [(score.name, score.value, score.span_id) for score in scores] == [("review", 0.75, second.span_id)]


def test_a_history_alone():
    """Demonstrations have nothing else."""
    answer = {"role": "assistant", "content": "Look.", "action": "ls", "agent": "main"}
    records = read({"history": [*ASKED, answer, {"role": "tool", "content": "setup.py"}]})
    (tool,) = spans(records, "tool")
    assert (tool.input, tool.output) == ("ls", "setup.py")


def test_the_same_run_has_the_same_ids():
    """They come from what it holds."""
    assert read(run(step("a"))) == read(run(step("a")))
    assert read(run(step("a")))[0].trace_id != read(run(step("b")))[0].trace_id


@pytest.mark.parametrize("value", [pytest.param([], id="a list"), pytest.param({"info": {}}, id="no steps")])
def test_what_is_no_run_is_a_reject(value):
    """With its place."""
    (reject,) = read(value)
    assert isinstance(reject, Reject)
    assert (reject.position, reject.reason) == ("line 1", "no steps (trajectory, history)")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"acme__shop-7": {"model_name_or_path": "m", "model_patch": "diff"}}, id="by instance"),
        pytest.param([{"instance_id": "acme__shop-7", "model_patch": "diff"}], id="a list"),
    ],
)
def test_predictions_are_no_runs(value):
    """They say what came out and not how."""
    opening = Opening(json.dumps(value).encode())
    assert swe_agent.is_predictions(opening)
    assert not swe_agent.recognises(opening)
    assert not swe_agent.is_predictions(Opening(json.dumps(run()).encode()))


def test_a_report_is_no_run():
    """It counts them."""
    assert swe_agent.is_report(Opening(b'{"total_instances": 3, "resolved_instances": 1}'))


@given(st.data())
def test_never_raises(data):
    """Whatever is changed in it."""
    answer = {"role": "assistant", "content": "Look around.", "action": "ls -F\n", "tool_calls": [{"id": "c1"}]}
    valid = run(step(query=ASKED, execution_time=0.5), replay_config=configured("m"), history=[answer])
    valid["attempts"] = [run(step())]
    for record in swe_agent.read([data.draw(mutated(valid))]):
        assert isinstance(record, (Span, Event, Reject))


@pytest.mark.real_data
def test_published_trajectories(real_data):
    """Each is recognised and read whole, of every version; most were replayed and asked no model."""
    files = [file.read_bytes() for file in sorted((real_data / "raw/swe-agent").rglob("*.traj"))]
    assert all(swe_agent.recognises(Opening(file[: 1 << 20])) for file in files)
    runs = [list(swe_agent.read([file])) for file in files]
    assert len({records[0].trace_id for records in runs}) == len(files) == 22
    assert not [record for records in runs for record in records if isinstance(record, Reject)]
    assert sorted(count for records in runs if (count := len(spans(records, "model")))) == [5, 5, 5, 12]
    failed = [tool.error_type for records in runs for tool in spans(records, "tool") if tool.status == "error"]
    assert failed == ["timeout"] * 3
