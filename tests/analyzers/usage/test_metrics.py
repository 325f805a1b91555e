"""Series of metrics."""

from __future__ import annotations

import polars as pl

from analyzers.frames import SAMPLES
from analyzers.usage.metrics import metrics


def sample(name, value, at=0, labels="{}"):
    return {"name": name, "kind": "gauge", "service": "server", "labels": labels, "time_ns": at, "value": value}


def seen(*samples):
    return metrics(pl.LazyFrame(list(samples), schema=SAMPLES.schema))


def test_range_and_newest_value_of_each_name():
    """Rows need not stand in the order of time; two label sets are two series."""
    found = seen(
        sample("queue", 3.0, at=9),
        sample("queue", 7.0, at=1),
        sample("queue", 5.0, labels='{"a":"b"}'),
        sample("up", 1.0),
    )
    assert (found.series, found.samples) == (3, 4)
    queue, _ = found.names
    assert (queue.name, queue.series, queue.samples) == ("queue", 2, 3)
    assert (queue.smallest, queue.largest, queue.last) == (3.0, 7.0, 3.0)


def test_what_is_no_number_is_no_value():
    """Prometheus writes NaN where there is none, and +Inf into JSON would not go."""
    (one,) = seen(sample("x", float("nan"), at=2), sample("x", float("inf"), at=1)).names
    assert (one.samples, one.smallest, one.largest, one.last) == (2, None, None, None)


def test_at_most_fifty_names():
    """The names with most samples stand first."""
    found = seen(*(sample(f"m{number}", 1.0) for number in range(60)), sample("m59", 2.0, at=1))
    assert (found.series, len(found.names), found.names[0].name) == (60, 50, "m59")


def test_a_counter_tells_what_its_series_counted_in_all():
    """Each one's newest value; of a gauge there is no such sum."""
    counted = [sample("calls", 2.0, at=1), sample("calls", 5.0, at=2), sample("calls", 60.0, labels='{"tool":"b"}')]
    calls, up = seen(*({**one, "kind": "counter"} for one in counted), sample("up", 1.0)).names
    assert (calls.total, up.total) == (65.0, None)


def test_parts_of_histograms_stand_behind():
    """However many there are."""
    parts = [sample("took_bucket", 1.0, labels=f'{{"le":"{number}"}}') for number in range(20)]
    assert [one.name for one in seen(*parts, sample("queue", 3.0)).names] == ["queue", "took_bucket"]


def test_no_samples():
    """A recording of spans alone."""
    assert (seen().series, seen().samples, seen().names) == (0, 0, ())
