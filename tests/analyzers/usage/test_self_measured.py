"""What applications counted of themselves."""

from __future__ import annotations

from analyzers.usage.self_measured import MeasuredModel, MeasuredState, MeasuredTool, self_measured
from tests.builders import sample, samples


def test_sums_over_sessions_of_what_each_counted_last():
    """A later export holds what the earlier ones of its monitor counted."""
    found = self_measured(samples(
        sample("monitor.tool.calls", 3, at=1, session="a", tool="search"),
        sample("monitor.tool.calls", 5, at=2, session="a", tool="search"),
        sample("monitor.tool.errors", 1, at=2, session="a", tool="search"),
        sample("monitor.tool.duration_ms", 600, at=2, session="a", tool="search"),
        sample("monitor.tool.calls", 1, at=1, session="b", tool="search"),
        sample("monitor.tool.duration_ms", 30, at=1, session="b", tool="search"),
        sample("monitor.tool.calls", 2, at=1, session="b", tool="book"),
        sample("monitor.cycles", 4, at=2, session="a"),
        sample("monitor.cycles", 3, at=1, session="b"),
        sample("monitor.artifacts.created", 2, at=1, session="b"),
    ))  # fmt: skip
    assert found.tools == (
        MeasuredTool(tool="search", calls=6, errors=1, mean_ms=105.0),
        MeasuredTool(tool="book", calls=2, errors=0, mean_ms=None),
    )
    assert (found.monitors, found.cycles, found.created, found.modified, found.deleted) == (2, 7, 2, 0, 0)


def test_a_monitor_that_began_again_is_another_one():
    """By the moment when it began, within one session too."""
    found = self_measured(samples(
        sample("monitor.tool.calls", 5, at=1, session="a", started="1", tool="search"),
        sample("monitor.tool.calls", 2, at=2, session="a", started="2", tool="search"),
    ))  # fmt: skip
    assert (found.monitors, found.tools[0].calls) == (2, 7)


def test_states_by_the_time_that_was_spent_in_them():
    """The longest stay is the longest of all sessions."""
    found = self_measured(samples(
        sample("monitor.state.entries", 2, session="a", state="thinking"),
        sample("monitor.state.duration_ms", 900, session="a", state="thinking"),
        sample("monitor.state.longest_ms", 700, session="a", state="thinking"),
        sample("monitor.state.longest_ms", 800, session="b", state="thinking"),
        sample("monitor.state.duration_ms", 5_000, session="a", state="idle"),
    ))  # fmt: skip
    assert found.states == (
        MeasuredState(state="idle", entries=0, total_ms=5_000, mean_ms=None, longest_ms=None),
        MeasuredState(state="thinking", entries=2, total_ms=900, mean_ms=450, longest_ms=800),
    )


def test_models_add_up():
    """What is of no known model stands beside those that are known."""
    found = self_measured(samples(
        sample("monitor.llm.calls", 3, session="a", model="m"),
        sample("monitor.llm.input_tokens", 900, session="a", model="m"),
        sample("monitor.llm.output_tokens", 20, session="a", model="m"),
        sample("monitor.llm.calls", 1, session="a"),
        sample("monitor.llm.errors", 1, session="a"),
        sample("monitor.llm.cached_tokens", 300, session="a"),
    ))  # fmt: skip
    assert found.models == (
        MeasuredModel(model="m", calls=3, errors=0, input_tokens=900, output_tokens=20),
        MeasuredModel(model=None, calls=1, errors=1, input_tokens=0, output_tokens=0),
    )
    assert found.cached_tokens == 300


def test_the_memory_that_came_nearest_to_its_limit():
    """Of several processes; more bytes of a larger limit are less."""
    found = self_measured(samples(
        sample("monitor.memory.rss_bytes", 800, at=1, session="a"),
        sample("monitor.memory.rss_bytes", 300, at=2, session="a"),
        sample("monitor.memory.limit_bytes", 1_000, session="a"),
        sample("monitor.memory.heap_bytes", 900, session="b", service="shop"),
        sample("monitor.memory.limit_bytes", 9_000, session="b", service="shop"),
        sample("monitor.memory.rss_bytes", 9_999, session="c"),
    ))  # fmt: skip
    assert (found.memory.service, found.memory.peak_bytes, found.memory.limit_bytes) == ("desk", 800, 1_000)
    assert found.memory.share == 0.8


def test_figures_beyond_what_is_counted_do_no_harm():
    """Nor do labels that are none."""
    wrong = [sample("monitor.tool.calls", value, tool="x", session=str(value)) for value in (1e300, float("inf"), -4)]
    found = self_measured(samples(*wrong, sample("monitor.tool.calls", 1) | {"labels": "[1]"}))
    assert [(one.tool, one.calls) for one in found.tools] == [("x", 2**53), ("_", 1)]


def test_nothing_is_measured_where_no_monitor_was_exported():
    """Whatever other metrics there are."""
    found = self_measured(samples(sample("queue", 3)))
    assert (found.monitors, found.tools, found.states, found.models, found.memory) == (0, (), (), (), None)
