from metabot.telemetry.record import Reject
from metabot.telemetry.spans import Unreadable
from metabot.telemetry.times import ORDER_NS
from metabot.telemetry.trajectory import ROOT, Ended, Run, When, identified, named, place, whole

RUN = Run(trace_id="ab" * 16, service="acme", session_id="task 7", version="1.4", revision="c0ffee")


def test_steps_stand_below_the_run():
    """Unless another step is named; each has the id that its key gives within the run."""
    root = RUN.span("agent", ROOT, "invoke_agent", place(0, 3))
    try_ = RUN.span("agent", "try 1", "attempt", place(1, 3))
    tool = RUN.span("tool", 2, "ls", place(2), {"gen_ai.tool.call.id": "c1"}, parent="try 1")
    assert (root.parent_id, try_.parent_id, tool.parent_id) == (None, root.span_id, try_.span_id)
    assert len({root.span_id, try_.span_id, tool.span_id}) == 3
    assert (root.service_version, root.revision, tool.session_id, tool.tool_call_id) == (
        "1.4",
        "c0ffee",
        "task 7",
        "c1",
    )


def test_a_place_is_no_time():
    """It tells the order, in steps that no clock's error can turn around."""
    tool = RUN.span("tool", 2, "ls", place(2))
    assert (tool.clock, tool.start_ns, tool.end_ns) == ("order", 2 * ORDER_NS, 2 * ORDER_NS)


def test_how_a_step_ended():
    """Its type and its message are an error's."""
    tool = RUN.span("tool", 2, "ls", place(2), ended=Ended("error", "gone", "timeout"))
    assert (tool.status, tool.error_message, tool.error_type) == ("error", "gone", "timeout")


def test_scores_and_totals_are_events_of_the_run():
    """At its end, on its own span unless another is named."""
    when, root = When(5, 9, "utc"), RUN.span("agent", ROOT, "invoke_agent", place(0))
    score, totals = RUN.score("reward", 1.0, when, text="well done"), RUN.log("totals", "{}", when)
    assert (score.kind, score.value, score.text, score.time_ns, score.span_id) == (
        "score", 1.0, "well done", 9, root.span_id,
    )  # fmt: skip
    assert (totals.kind, totals.severity, totals.clock) == ("log", "info", "utc")
    assert RUN.score("mistake", 0.0, when, of=2).span_id == RUN.span("tool", 2, "ls", place(2)).span_id


def test_a_run_is_known_by_what_it_holds():
    """The same content has the same id, and a name that a person can read."""
    assert identified("acme", 7, [{"a": 1}]) == identified("acme", 7, [{"a": 1}])
    assert identified("acme", 7, [{"a": 1}]) != identified("acme", 7, [{"a": 2}])
    assert named("task 7", "ab" * 16) == "task 7 abababababab"


def test_half_a_run_is_a_reject():
    """It would be taken for the whole of it."""

    def broken(_: object):
        yield RUN.span("agent", ROOT, "invoke_agent", place(0))
        raise Unreadable("no steps")

    assert list(whole(broken, "line 3", {"a": 1})) == [Reject(position="line 3", reason="no steps", head='{"a":1}')]
