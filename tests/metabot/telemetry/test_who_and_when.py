import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry import who_and_when
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reject, Span
from tests.metabot.telemetry.mutations import mutated

ASKED = {"role": "human", "content": "How tall is the tower?"}
PLANNED = {"role": "Planner (thought)", "content": "Look it up."}
SURFED = {"role": "Surfer", "content": "It is 12 m."}


def run(*history, **fields):
    labels = {"mistake_agent": "Surfer", "mistake_step": "2", "mistake_reason": "wrong tower", "is_corrected": False}
    return {"history": list(history) or [ASKED, PLANNED, SURFED], "question_ID": "q7", **labels, **fields}


def read(value):
    return list(who_and_when.read([json.dumps(value).encode()]))


def spans(records):
    return [record for record in records if isinstance(record, Span)]


def scores(records):
    return {record.name: record for record in records if isinstance(record, Event)}


def test_a_turn_is_an_agents_span():
    """In order below the run; the question has none, and no model call is invented."""
    root, planner, surfer = spans(read(run()))
    assert [span.kind for span in (root, planner, surfer)] == ["workflow", "agent", "agent"]
    assert (planner.operation, surfer.operation, surfer.output) == ("Planner (thought)", "Surfer", "It is 12 m.")
    assert root.start_ns < planner.start_ns < surfer.start_ns == root.end_ns
    assert {planner.parent_id, surfer.parent_id} == {root.span_id}
    assert root.clock == "order"


def test_the_generated_half_names_its_agents_apart():
    """There `role` is the provider's word and `name` the agent."""
    turns = [{"role": "user", "name": "Bill_Expert", "content": "a"}, {"role": "user", "content": "b"}]
    assert [span.operation for span in spans(read(run(*turns)))] == ["invoke_workflow", "Bill_Expert"]


def test_the_mistake_is_a_score_of_its_step():
    """The step counts from 0, the question included; the verdict is the run's."""
    records = read(run())
    root, _, surfer = spans(records)
    mistake, verdict = scores(records)["mistake"], scores(records)["is_correct"]
    assert (mistake.span_id, mistake.value, mistake.text) == (surfer.span_id, 0.0, "Surfer: wrong tower")
    assert (verdict.span_id, verdict.value) == (root.span_id, 0.0)


@pytest.mark.parametrize(
    "step", [pytest.param("99", id="too far"), pytest.param("0", id="the question"), pytest.param(None, id="none")]
)
def test_a_mistake_without_a_step_is_the_runs(step):
    """The label is kept."""
    records = read(run(mistake_step=step))
    assert scores(records)["mistake"].span_id == records[0].span_id


@pytest.mark.parametrize(
    ("said", "status", "kind"),
    [
        pytest.param("exitcode: 1 (execution failed)\nCode output: no", "error", "exit_status_1", id="AG2, failed"),
        pytest.param("exitcode: 0 (execution succeeded)\nCode output: 7", "ok", None, id="AG2, succeeded"),
        pytest.param("The script ran, then exited with Unix exit code: 2\nIts output was:\nx", "error", "exit_status_2",
                     id="AutoGen, failed"),
        pytest.param("The Unix exit code was: 0. Nothing", "ok", None, id="AutoGen, silent"),
        pytest.param("No code block detected", "unset", None, id="nothing ran"),
    ],
)  # fmt: skip
def test_a_terminal_is_a_tool(said, status, kind):
    """What it says in front tells how the code ended."""
    *_, tool = spans(read(run(ASKED, {"role": "ComputerTerminal", "content": said})))
    assert (tool.kind, tool.status, tool.error_type, tool.output) == ("tool", status, kind, said)


def test_who_speaks_to_a_terminal_is_an_agent():
    """The terminal stands in the role's name, too."""
    *_, turn = spans(read(run(ASKED, {"role": "Planner (-> ComputerTerminal)", "content": "run it"})))
    assert turn.kind == "agent"


@pytest.mark.parametrize("value", [pytest.param(run(), id="alone"), pytest.param([run()], id="a list")])
def test_is_recognised(value):
    """By its labels: a history alone is anybody's."""
    assert who_and_when.recognises(Opening(json.dumps(value).encode()))
    assert not who_and_when.recognises(Opening(json.dumps({"history": [ASKED]}).encode()))
    assert len(spans(read(value))) == 3


@given(st.data())
def test_never_raises(data):
    """Whatever is changed in it."""
    terminal = {"role": "user", "name": "Computer_terminal", "content": "exitcode: 1 (execution failed)"}
    for record in who_and_when.read([data.draw(mutated(run(ASKED, PLANNED, terminal)))]):
        assert isinstance(record, (Span, Event, Reject))


@pytest.mark.real_data
def test_the_published_runs(real_data):
    """Every run is recognised and read whole; nearly every mistake stands on a turn of the agent that made it."""
    folder = real_data / "raw/who-and-when/Who&When/Hand-Crafted"
    files = [file.read_bytes() for file in sorted(folder.glob("*.json"))]
    assert all(who_and_when.recognises(Opening(file[: 1 << 20])) for file in files)
    runs = [list(who_and_when.read([file])) for file in files]
    assert not [record for records in runs for record in records if isinstance(record, Reject)]
    assert len({records[0].trace_id for records in runs}) == len(files) == 58
    turns = {span.span_id: span.operation for records in runs for span in spans(records)}
    told = [scores(records)["mistake"] for records in runs]
    assert sum(turns[score.span_id].startswith(score.text.partition(":")[0]) for score in told) == 55
