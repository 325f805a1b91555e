"""Observing, whatever the monitors do."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

import metabot_instrument as instrument
from metabot_instrument.current import settings
from metabot_instrument.monitoring.layer import MonitoringLayer
from metabot_instrument.monitoring.observation import Observation
from tests.instrument.monitoring.slow_monitors import Ending, Hanging, Quiet, Raising

OURS = [{"type": "performance"}, {"type": "error_analysis"}, {"type": "usage_patterns"}]
SEEN = Observation("tool", "search", 1_768_305_600.0, 12.5, None, 30, "s-1")


def failures(kind):
    return instrument.failures().get(kind, 0)


@pytest.fixture
def layer():
    layers = []

    def of(*monitors, **options):
        layers.append(MonitoringLayer(monitors, **options))
        return layers[-1]

    yield of
    for one in layers:
        one.close(5)


def test_everything_observed_before_is_in_the_report(layer):
    """However many threads observe."""
    made = MonitoringLayer.configured(OURS)
    threads = [threading.Thread(target=lambda: [made.observe(SEEN) for _ in range(300)]) for _ in range(10)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    report = made.report()
    assert {name: (one["taken"], one["dropped"], one["failed"]) for name, one in report.items()} == {
        "performance": (3_000, 0, 0), "error_analysis": (3_000, 0, 0), "usage_patterns": (3_000, 0, 0),
    }  # fmt: skip
    assert json.loads(json.dumps(report)) == report
    assert made.close()


def test_a_monitor_that_raises_costs_only_itself(layer):
    """It is counted, and reported as one that gave no answer."""
    quiet, before = Quiet(), failures("monitor")
    made = layer(Raising(), quiet)
    made.observe(SEEN)
    assert made.flush()
    report = made.report()
    assert (report["raising"]["failed"], report["raising"]["answered"]) == (1, False)
    assert (report["quiet"]["figures"], quiet.seen) == ({"seen": 1}, [SEEN])
    assert failures("monitor") == before + 2


def test_a_monitor_that_hangs_costs_only_itself(layer):
    """Its queue fills and what comes then is dropped and counted; nobody waits for it longer than he says."""
    hanging, quiet, before = Hanging(), Quiet(), failures("observation_dropped")
    made = layer(hanging, quiet, queue=5)
    for _ in range(20):
        made.observe(SEEN)
        time.sleep(0.005)
    began = time.monotonic()
    report = made.report(timeout=0.2)
    assert time.monotonic() - began < 2
    assert not report["hanging"]["answered"]
    assert report["quiet"]["answered"]
    lost = report["hanging"]["dropped"]
    assert lost in (14, 15)  # one is being taken and five wait
    assert failures("observation_dropped") - before == lost
    assert "gave no answer" in made.text(timeout=0.1)
    assert not made.flush(timeout=0.1)
    hanging.released.set()
    assert made.flush()
    assert len(hanging.seen) == 20 - lost


def test_observing_takes_microseconds_beside_a_monitor_that_hangs(layer):
    """The caller never waits."""
    hanging = Hanging()
    made = layer(hanging, queue=100)
    began = time.perf_counter()
    for _ in range(2_000):
        made.observe(SEEN)
    assert time.perf_counter() - began < 1
    hanging.released.set()


def test_after_its_close_a_layer_reports_and_takes_nothing_more(layer):
    """What is observed then is counted as dropped."""
    made = layer(Quiet())
    made.observe(SEEN)
    assert made.close()
    made.observe(SEEN)
    assert made.report()["quiet"] | {"found": 0} == {
        "answered": True, "taken": 1, "waiting": 0, "dropped": 1, "failed": 0, "figures": {"seen": 1}, "found": 0,
    }  # fmt: skip
    assert made.close()


def test_what_was_never_observed_is_an_empty_report(layer):
    """And not an error."""
    made = MonitoringLayer.configured(OURS)
    assert made.analyze() == {"performance": (), "error_analysis": (), "usage_patterns": ()}
    assert made.text().count("0 observed") == 3
    assert made.close()


def test_a_block_is_watched_with_its_duration_and_its_error(layer):
    """Its exception goes on."""
    quiet = Quiet()
    made = layer(quiet)
    with made.watching("tool", "search", session="s-1") as action:
        time.sleep(0.01)
        action.tokens = 30
    with pytest.raises(KeyError), made.watching("tool", "book"):
        raise KeyError("secret")
    assert made.flush()
    first, second = quiet.seen
    assert (first.kind, first.name, first.session, first.tokens, first.error) == ("tool", "search", "s-1", 30, None)
    assert 10 <= first.duration_ms < 500
    assert abs(first.started - time.time()) < 5
    assert (second.name, second.error) == ("book", "KeyError")


@pytest.fixture
def events(tmp_path):
    """The settings are as before afterwards."""
    before = asdict(settings())
    instrument.configure(events_path=str(tmp_path / "events.jsonl"))
    yield
    instrument.configure(**before)


def test_validators_decisions_are_observed(layer, events):
    """Each validator's is an action of the kind validator; what is no decision is counted and harms nothing."""
    quiet = Quiet()
    made = layer(quiet)
    ended = made.observe_decisions()
    limit = {"type": "rate_limit", "requests_per_minute": 1, "on_limit": "reject"}
    pipeline = instrument.ValidationPipeline.configured([limit])
    for _ in range(2):
        pipeline.validate(instrument.Action("tool", "search"))
    instrument.emit_event("validator_decision", {"decisions": 3})
    ended()
    pipeline.validate(instrument.Action("tool", "search"))
    assert made.flush()
    assert [(one.kind, one.name, one.error) for one in quiet.seen] == [
        ("validator", "rate_limit", None),
        ("validator", "rate_limit", "rejected: over the rate"),
    ]


def test_what_waits_for_a_monitor_that_hangs_is_no_long_text(layer):
    """Whatever an application takes for a name."""
    hanging = Hanging()
    made = layer(hanging)
    made.observe(Observation("k" * 10**6, "n" * 10**6, 1.0, None, "e" * 10**6, None, "s" * 10**6))
    made.observe(Observation("tool", "search", 1.0, -1, KeyError("secret"), float("nan"), 7))
    hanging.released.set()
    assert made.flush()
    first, second = hanging.seen
    assert max(len(one) for one in first if isinstance(one, str)) == 200
    assert second == Observation("tool", "search", 1.0, None, "KeyError", None, None)


@pytest.mark.parametrize("wrong", [None, 3, "search", ("tool",), Observation(None, None, None), Observation(1, 2, "x")])
def test_what_is_no_observation_is_counted(wrong):
    """And reaches nobody."""
    made = MonitoringLayer.configured(OURS)
    before = failures("monitor")
    made.observe(wrong)
    made.observe(SEEN)
    assert made.flush()
    assert failures("monitor") > before
    assert all(one["answered"] for one in made.report().values())
    assert made.close()


def test_a_forked_child_begins_with_nothing_observed():
    """And its own observations reach its own monitors; the parent's report is the parent's."""
    made = MonitoringLayer.configured(OURS)
    made.observe(SEEN)
    assert made.flush()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        made.observe(SEEN._replace(name="child"))
        os.write(writing, json.dumps(made.report()["performance"]).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        report = json.loads(told.read())
    assert os.waitpid(child, 0)[1] == 0
    assert (report["taken"], list(report["figures"]["actions"])) == (1, ["tool:child"])
    assert list(made.report()["performance"]["figures"]["actions"]) == ["tool:search"]
    assert made.close()


def test_a_signal_handler_may_observe():
    """Wherever it interrupts an observation."""
    made = MonitoringLayer([Quiet()])
    signal.signal(signal.SIGALRM, lambda *_: made.observe(SEEN))
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        for _ in range(3_000):
            made.observe(SEEN)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    assert made.flush()
    assert made.report()["quiet"]["taken"] >= 3_000
    assert made.close()


def test_tasks_of_one_loop_may_observe():
    """Nothing waits for the loop."""
    made = MonitoringLayer([Quiet()])

    async def act(number):
        await asyncio.sleep(0)
        made.observe(SEEN._replace(session=f"s-{number}"))

    async def main():
        await asyncio.gather(*(act(number) for number in range(200)))

    asyncio.run(main())
    assert made.report()["quiet"]["figures"] == {"seen": 200}
    assert made.close()


def test_monitors_of_one_type_stand_apart():
    """By a number behind their name."""
    made = MonitoringLayer.configured([{"type": "performance"}, {"type": "performance", "sample_rate": 0.5}])
    assert list(made.report()) == ["performance", "performance-2"]
    assert made.close()


def test_a_monitor_of_ones_own_is_named_by_its_dotted_path():
    """With its settings as keywords."""
    own = {"type": "tests.instrument.monitoring.slow_monitors.Quiet", "greeting": "hello"}
    made = MonitoringLayer.configured([own])
    assert list(made.report()) == ["quiet"]
    assert made.close()


@pytest.mark.parametrize(("table", "says"), [
    ({"type": "usage_pattern"}, "usage_patterns"),
    ({"type": "performance", "sample_rat": 1}, "sample_rate"),
    ({"type": "performance", "sample_rate": 0}, "Say a number above 0 and at most 1"),
    ({"type": "performance", "sample_rate": "all"}, "Say a number above 0 and at most 1"),
    ({"type": "performance", "sample_rate": float("nan")}, "Say a number above 0 and at most 1"),
    ({}, "has no type"),
    ("performance", "has no type"),
    ({"type": "no.such.Monitor"}, "Say a class that this Python can import"),
    ({"type": "json.decoder"}, "has no class decoder"),
    ({"type": "collections.Counter"}, "is no monitor"),
])  # fmt: skip
def test_a_wrong_table_says_where_and_what_to_do(table, says):
    """At set-up, as the one thing that raises."""
    with pytest.raises(ValueError, match="monitors, number 2") as wrong:
        MonitoringLayer.configured([{"type": "performance"}, table])
    assert says in str(wrong.value)


def test_a_queue_that_holds_nothing_is_refused():
    """It would drop everything."""
    with pytest.raises(ValueError, match="Say how many"):
        MonitoringLayer([], queue=0)


ODD = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=300)


@given(st.lists(st.tuples(ODD, ODD, ODD, ODD, ODD, ODD, ODD).map(lambda of: Observation(*of)), max_size=10))
def test_no_observation_stops_a_report(seen):
    """Whatever an application takes for one: the report is there, and JSON can say it."""
    made = MonitoringLayer.configured(OURS)
    for one in seen:
        made.observe(one)
    report = made.report()
    assert made.close()
    assert all(one["answered"] and one["taken"] <= len(seen) and one["failed"] == 0 for one in report.values())
    json.dumps(report, allow_nan=False)


def test_actions_whose_names_look_alike_stand_apart():
    """A colon within a kind, or before a name, mixes no two actions up, in any of the three."""
    made = MonitoringLayer.configured(OURS)
    alike = [("tool:http", "get"), ("tool", "http:get"), ("tool\\", "http:get"), ("tool\\:http", "get")]
    for kind, name in alike:
        made.observe(SEEN._replace(kind=kind, name=name))
    figures = {name: one["figures"]["actions"] for name, one in made.report().items()}
    made.close()
    assert {name: len(actions) for name, actions in figures.items()} == dict.fromkeys(figures, len(alike))
    assert figures["error_analysis"]["tool\\:http:get"]["counted"] == 1


def test_a_monitor_that_wants_to_end_the_program_costs_only_itself(layer):
    """It may raise what it likes: its thread goes on, it answers, and the cause is counted."""
    ending, before = Ending(), failures("monitor")
    made = layer(ending)
    for _ in range(5):
        made.observe(SEEN)
    assert made.flush()
    report = made.report()
    assert (report["ending"]["taken"], report["ending"]["failed"], report["ending"]["answered"]) == (5, 5, False)
    assert failures("monitor") == before + 6
    assert made.close()
