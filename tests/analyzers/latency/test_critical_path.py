"""One step that takes most of a trace's time: when it is said, with which figures, and when nothing is said."""

from __future__ import annotations

import dataclasses

import pytest

from analyzers.finding import Subject
from analyzers.frames import CALLS, SPANS
from analyzers.latency.critical_path import Settings, detect, measure
from analyzers.untrusted import Name
from tests.analyzers.recordings import other_name, recorded, renamed
from tests.builders import client, frames, model, span, tool, trace

SUBJECT = Subject(service=Name("desk"), operation=Name("write"))
S = 1000


def agent(name, seconds, *children, **columns):
    return span(name, None if seconds is None else seconds * S, *children, kind="agent", **columns)


def lopsided(seconds=60, **columns):
    """Three sub-agents of which one takes long."""
    return trace(agent("plan", 5), agent("write", seconds, code_function="desk.write"), agent("check", 7), **columns)


def led_by_another():
    return trace(agent("plan", 5), agent("write", 4), agent("check", 7), tool("build", 60 * S))


def run(*traces, **options):
    spans, calls, _ = frames(*traces)
    return detect(spans, calls, **options)


def test_says_what_one_step_costs():
    """60 of 72 seconds, where its like take 5 and 7: without it at least 60 s less, with its like's time 54 s less."""
    spans, calls, _ = frames(lopsided(revision="abc"))
    (found,) = detect(spans, calls)
    assert found.subject == SUBJECT
    assert found.evidence.observed == measure(spans, calls, subject=SUBJECT)
    assert (found.evidence.observed.value, found.evidence.achievable) == (60_000, 6_000)
    assert (found.evidence.occurrences, found.traces, found.traces_examined) == (1, 1, 1)
    assert found.seconds_per_call == pytest.approx(54)
    assert "takes 60.0 of 72.0 s (83%) of the trace" in found.problem
    assert "at least 60.0 s shorter" in found.problem
    assert [anchor.function.quoted() for anchor in found.code] == ["“desk.write”"]
    assert (found.revision, len(found.affected), len(found.exemplars)) == ("abc", 1, 1)
    assert found.cost_usd_per_call is None


def test_the_figure_is_the_mean_over_all_traces_with_the_operation():
    """Three traces that it leads, and one in which it is quick."""
    spans, calls, _ = frames(*(lopsided(at=number) for number in range(3)), lopsided(seconds=4, at=9))
    (found,) = detect(spans, calls)
    assert found.evidence.observed.value == pytest.approx((3 * 60_000 + 4_000) / 4)
    assert (found.traces, found.traces_examined) == (3, 4)
    assert found.evidence.achievable == pytest.approx((3 * 6_000 + 4_000) / 4)


def test_of_models_it_names_the_model():
    """What a client does below a model call is the model's time."""
    calls = [model("chat", 3 * S), model("chat", 2 * S), model("chat", 40 * S)]
    long = dataclasses.replace(calls[2], children=(client("POST", 39 * S),))
    (found,) = run(trace(calls[0], calls[1], long))
    assert found.subject == Subject(service=Name("desk"), operation=Name("chat"), detail=Name("large-1"))
    assert found.evidence.observed.value == 40_000


def test_waiting_is_the_callee_s():
    """The client waits 30 s for a service whose own span takes 10 ms: network or queue, not the caller."""
    quick = [client("POST", 50, tool("GET", 10, service="stock")) for _ in range(3)]
    slow = client("POST", 30 * S, span("price", 10, kind="server", service="prices"))
    others = [span("price", 10, kind="server", service="prices") for _ in range(2)]
    (found,) = run(trace(*quick, slow, *others))
    assert found.subject == Subject(service=Name("prices"), operation=Name("price"))
    assert found.evidence.observed.value == pytest.approx(30_000)


def test_one_call_recorded_by_two_instrumentations_is_one():
    """Both spans lie side by side; neither keeps the other from being alone at work."""
    spans, calls, _ = frames(
        trace(
            model("chat", 3 * S), model("chat", 2 * S),
            model("chat", 40 * S), span("completion", 40 * S, kind="model", start=5 * S),
        )
    )  # fmt: skip
    table = spans.collect()
    again = table.filter(table["operation"] == "completion")["span_id"].item(0)
    closest = table.filter(table["operation"] == "chat")["span_id"].item(-1)
    rows = [
        {**row, "span_ids": [closest, again]} if row["span_id"] == closest else row
        for row in calls.collect().to_dicts()
    ]
    doubled = type(table)(rows, schema=CALLS.schema).lazy()
    (found,) = detect(spans, doubled)
    assert found.evidence.observed.value == 40_000
    assert detect(spans, calls) == []


def test_a_listener_beside_the_work_is_no_step():
    """A server's outer half lies beside the work from its beginning to its end, and hides nothing."""
    work = span("serve", None, agent("plan", 5), agent("write", 60), agent("check", 7), start=1)
    (found,) = run(trace(span("receive", 72_001, start=0), work))
    assert found.subject == SUBJECT
    assert found.evidence.observed.value == pytest.approx(60_000)


@pytest.mark.parametrize(
    "traces",
    [
        pytest.param([trace(agent("plan", 1), agent("write", 9), agent("check", 1))], id="no call lasts ten seconds"),
        pytest.param(
            [trace(agent("plan", 1), agent("write", 11, tool("read", 2 * S)), agent("check", 1))], id="nine seconds"
        ),
        pytest.param([lopsided(ms=200 * S)], id="less than half of the trace"),
        pytest.param([trace(agent("plan", 20), agent("write", 60), agent("check", 20))], id="three times its like"),
        pytest.param([lopsided(), *(lopsided(seconds=4) for _ in range(2))], id="an outlier"),
        pytest.param([lopsided(), *(led_by_another() for _ in range(2))], id="an exception"),
        pytest.param(
            [trace(*(model("chat", s * S, output_tokens=s * 50) for s in (3, 2, 40)))], id="it only wrote more"
        ),
        pytest.param([trace(agent("plan", 5), agent("ask_user", 60), agent("check", 7))], id="a person answers"),
        pytest.param([trace(model("chat", 60 * S))], id="the step is the work"),
        pytest.param([trace(tool("find", 100), model("chat", 60 * S), tool("send", 100))], id="nothing of its kind"),
        pytest.param([trace(agent("plan", 5), agent("write", 60))], id="one other of its kind"),
        pytest.param([trace(*(model("chat", 10 * S) for _ in range(20)))], id="each step alike"),
        pytest.param(
            [trace(agent("plan", 5), agent("write", 60), agent("check", 7), tool("build", 60 * S, start=5 * S))],
            id="other work beside it",
        ),
        pytest.param([trace(agent("plan", 5), agent("check", 7), ms=90 * S)], id="a gap that no span covers"),
        pytest.param([lopsided(clock="order")], id="places in an order take no time"),
        pytest.param([lopsided(clock="utc start")], id="nobody knows when they ended"),
        pytest.param([trace(agent("plan", 5), agent("write", -60), agent("check", 7))], id="a clock that jumped"),
        pytest.param([trace()], id="one span"),
    ],
)  # fmt: skip
def test_says_nothing_when(traces):
    """Each of these looks like a step that holds its trace up and is not, or is nobody's to mend."""
    assert run(*traces) == []


def test_says_nothing_about_nothing():
    """Empty frames are a recording too; an operation that is nowhere has no figure."""
    empty = SPANS.empty().lazy(), CALLS.empty().lazy()
    assert detect(*empty) == []
    assert measure(*empty, subject=SUBJECT) is None


def test_measures_without_conditions():
    """A step that leads nothing has a figure all the same."""
    spans, calls, _ = frames(lopsided(seconds=4))
    assert detect(spans, calls) == []
    assert measure(spans, calls, subject=SUBJECT).value == 4_000
    assert measure(spans, calls, subject=dataclasses.replace(SUBJECT, operation=Name("other"))) is None


def test_how_much_is_enough_is_a_setting():
    """A team that serves people at a counter may care for seconds."""
    assert len(run(lopsided(seconds=30, ms=200 * S), settings=Settings(min_share=0.1))) == 1


RECORDED = {
    "raw/agent-prism/packages/demo-app/src/data/quo_tav_agent.json": (
        "ChatCompletion", 29_764.037, "29.8 of 37.2 s (80%)",
    ),
    "raw/agento-otel/WorkFiles-July2025/data/agento_run_%Y%m%dT%H%M%S%f.otlp.json": (
        "agento.subagent.success-criteria-optimizer", 783_705.888, "783.7 of 1,017.1 s (77%)",
    ),
}  # fmt: skip


@pytest.mark.real_data
@pytest.mark.parametrize("path", RECORDED)
def test_recorded_steps_that_take_most_of_the_time(real_data, path):
    """An answer to a prompt of 120,000 characters; one of three sub-agents. Under other names and times as well."""
    operation, ms, words = RECORDED[path]
    tables = recorded([real_data / path])
    (found,) = detect(tables["spans"].lazy(), tables["calls"].lazy())
    assert (str(found.subject.operation), found.evidence.observed.value) == (operation, pytest.approx(ms))
    assert words in found.problem
    other = renamed(tables)
    (again,) = detect(other["spans"].lazy(), other["calls"].lazy())
    assert str(again.subject.operation) == other_name(operation)
    assert again.evidence.observed.value == pytest.approx(1.5 * ms)


@pytest.mark.real_data
def test_recordings_that_are_sound(real_data):
    """Quick runs in which no step stands out."""
    samples = real_data / "raw" / "agentevals" / "samples"
    tables = recorded(samples / name for name in ("helm.json", "helm_2.json", "k8s.json"))
    assert detect(tables["spans"].lazy(), tables["calls"].lazy()) == []
