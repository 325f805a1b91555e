"""Counting: what is taken, what is refused, and how many series there may be."""

from __future__ import annotations

import math
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from metabot_instrument import Meter, exposition, failures
from metabot_instrument.metrics.series import SERIES, VALUES
from metabot_instrument.told_apart import OTHER


def samples(meter: Meter) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """By name and labels, as another program reads the text."""
    text, _ = exposition(shown=meter)
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text.decode())
        for one in family.samples
    }


def test_each_kind_says_what_it_was_told() -> None:
    """A counter its sum, a gauge its last value, a histogram its buckets, sum and count."""
    meter = Meter()
    meter.counter("orders", "Orders.", labels=("kind",)).inc(2.5, kind="refund")
    level = meter.gauge("level", "Level.", across="livesum")
    level.set(3)
    level.inc(-1)
    took = meter.histogram("shop.took", "Time.", bounds=(0.1, 1.0))
    took.observe(0.1)
    took.observe(7)
    said = samples(meter)
    assert said["orders_total", (("kind", "refund"),)] == 2.5
    assert said["level", ()] == 2
    assert [said["shop_took_seconds_bucket", (("le", le),)] for le in ("0.1", "1.0", "+Inf")] == [1, 1, 2]
    assert (said["shop_took_seconds_count", ()], said["shop_took_seconds_sum", ()]) == (2, 7.1)


def test_a_gauge_is_shown_once_it_was_set() -> None:
    """An efficiency that nobody measured is not 0."""
    meter = Meter()
    gauge = meter.gauge("level", "Level.")
    assert samples(meter) == {}
    gauge.set(0)
    assert samples(meter) == {("level", ()): 0}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(math.nan, id="not a number"),
        pytest.param(math.inf, id="infinite"),
        pytest.param(-1, id="negative"),
        pytest.param(1e300, id="would overflow the sum"),
        pytest.param(10**400, id="too large for a float"),
        pytest.param("3", id="a text"),
        pytest.param(True, id="a flag"),
        pytest.param(None, id="nothing"),
        pytest.param(1j, id="complex"),
        pytest.param(np.float64("nan"), id="another library's not a number"),
    ],
)
def test_a_value_that_will_not_do_is_refused_and_counted(value: Any) -> None:
    """By a counter and a histogram; what stood there stays, and the caller hears nothing."""
    meter = Meter()
    counter, histogram = meter.counter("orders", "Orders."), meter.histogram("took", "Time.")
    before, refused = samples(meter), failures().get("metrics", 0)
    counter.inc(value)
    histogram.observe(value)
    assert samples(meter) == before
    assert failures()["metrics"] == refused + 2


@pytest.mark.parametrize("value", [math.nan, -math.inf, 10**400, "3", True, None])
def test_a_gauge_takes_any_finite_number_and_nothing_else(value: Any) -> None:
    """Below nothing too; what stood there stays."""
    meter = Meter()
    gauge = meter.gauge("level", "Level.")
    gauge.set(np.int64(-4))
    refused = failures().get("metrics", 0)
    gauge.set(value)
    assert samples(meter) == {("level", ()): -4}
    assert failures()["metrics"] == refused + 1


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param({}, id="none"),
        pytest.param({"kind": "a", "more": "b"}, id="one too many"),
        pytest.param({"sort": "a"}, id="another"),
        pytest.param({"kind": 1}, id="a number"),
        pytest.param({"kind": None}, id="nothing"),
        pytest.param({"kind": ["a"]}, id="a list"),
    ],
)
def test_labels_that_are_not_its_own_are_refused_and_counted(labels: Any) -> None:
    """Nothing is counted then."""
    meter = Meter()
    counter = meter.counter("orders", "Orders.", labels=("kind",))
    refused = failures().get("metrics", 0)
    counter.inc(**labels)
    assert samples(meter) == {}
    assert failures()["metrics"] == refused + 1


def test_labels_may_come_in_any_order() -> None:
    """They are one series."""
    meter = Meter()
    counter = meter.counter("orders", "Orders.", labels=("kind", "shop"))
    counter.inc(kind="a", shop="b")
    counter.inc(shop="b", kind="a")
    assert samples(meter) == {("orders_total", (("kind", "a"), ("shop", "b"))): 2}


def test_a_hostile_label_cannot_make_series_without_end() -> None:
    """Beyond the bound everything is counted under `other`, and nothing is lost of the sum."""
    meter = Meter()
    counter = meter.counter("orders", "Orders.", labels=("kind",))
    for number in range(10 * VALUES):
        counter.inc(kind=f"made up {number}")
    counter.inc(kind="made up 0")
    said = samples(meter)
    assert len(said) == VALUES + 1
    assert said["orders_total", (("kind", "made up 0"),)] == 2
    assert said["orders_total", (("kind", OTHER),)] == 9 * VALUES


def test_hostile_labels_together_have_a_bound_too() -> None:
    """Of a hundred times a hundred combinations."""
    meter = Meter()
    counter = meter.counter("orders", "Orders.", labels=("kind", "shop"))
    for number in range(90 * 90):
        counter.inc(kind=str(number % 90), shop=str(number // 90))
    said = samples(meter)
    assert len(said) == SERIES + 1
    assert sum(said.values()) == 90 * 90


@given(st.lists(st.text(max_size=200), max_size=20))
def test_any_text_may_be_a_label(texts: list[str]) -> None:
    """Both formats stay readable: no line break, half of a pair or endless text comes through."""
    meter = Meter()
    counter = meter.counter("orders", "Orders.", labels=("kind",))
    for text in texts:
        counter.inc(kind=text)
    assert sum(samples(meter).values()) == len(texts)
    openmetrics, _ = exposition("application/openmetrics-text", shown=meter)
    assert openmetrics.decode().endswith("# EOF\n")


def test_threads_lose_no_count() -> None:
    """Eight of them, a thousand each."""
    meter = Meter()
    counter = meter.counter("orders", "Orders.", labels=("kind",))
    threads = [threading.Thread(target=lambda: [counter.inc(kind="a") for _ in range(1000)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert samples(meter) == {("orders_total", (("kind", "a"),)): 8000}


def test_a_signal_handler_may_count_at_any_moment() -> None:
    """While its thread is counting or being read; all of it is there afterwards."""
    meter = Meter()
    counter = meter.counter("orders", "Orders.")
    came = 0

    def handler(*_: object) -> None:
        nonlocal came
        came += 1
        counter.inc()

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        for _ in range(5000):
            counter.inc()
            if not came % 50:
                exposition(shown=meter)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert came > 3
    assert samples(meter) == {("orders_total", ()): 5000 + came}


def test_a_forked_child_begins_at_nothing() -> None:
    """And while other threads of its parent are counting: no lock is held in it."""
    meter = Meter()
    counter = meter.counter("orders", "Orders.", labels=("kind",))
    over = threading.Event()
    others = [threading.Thread(target=lambda: _until(over, lambda: counter.inc(kind="a"))) for _ in range(2)]
    for thread in others:
        thread.start()
    try:
        codes = [_code_of_child(meter, lambda: counter.inc(7, kind="a")) for _ in range(20)]
    finally:
        over.set()
        for thread in others:
            thread.join()
    assert codes == [7] * 20


def _until(over: threading.Event, work: Callable[[], None]) -> None:
    while not over.is_set():
        work()


def _code_of_child(meter: Meter, work: Callable[[], None]) -> int:
    child = os.fork()
    if not child:
        signal.alarm(10)
        work()
        os._exit(int(samples(meter)["orders_total", (("kind", "a"),)]))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_the_same_metric_may_be_asked_for_again() -> None:
    """It is the one there was; another of its name is a mistake that says so."""
    meter = Meter()
    assert meter.counter("orders", "Orders.") is meter.counter("orders", "Orders.")
    with pytest.raises(ValueError, match="metric orders is defined already"):
        meter.gauge("orders", "Orders.")
    with pytest.raises(ValueError, match="metric orders is defined already"):
        meter.counter("orders", "Orders.", labels=("kind",))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        pytest.param({"name": "no name"}, "no name", id="a space"),
        pytest.param({"name": "Orders"}, "no name", id="a capital"),
        pytest.param({"name": "a..b"}, "no name", id="two dots"),
        pytest.param({"name": "took", "labels": ("le",)}, "label 'le'", id="a label of a histogram's own"),
        pytest.param({"name": "took", "labels": ("__x",)}, "label '__x'", id="a label of Prometheus' own"),
        pytest.param({"name": "took", "bounds": (2.0, 1.0)}, "rising bounds", id="bounds that fall"),
        pytest.param({"name": "took", "bounds": ()}, "rising bounds", id="no bounds"),
    ],
)
def test_a_wrong_definition_says_so(wrong: dict[str, Any], says: str) -> None:
    """At set-up, where somebody sees it."""
    with pytest.raises(ValueError, match=says):
        Meter().histogram(says="Time.", **wrong)
