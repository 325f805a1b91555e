"""Whatever signals come, in whatever order, with whatever in them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from metabot_instrument.boundary import failures
from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.monitor.session import HEARD
from metabot_instrument.signals.bus import Bus

NAMES = st.sampled_from(
    (*HEARD, *(name for name in HEARD if name.startswith(("tool:", "api:"))), "session:start", "persona:switch", "else")
)
KEYS = st.sampled_from(
    (
        *("toolName", "tool_name", "callId", "requestId", "request_id", "newState", "state", "from", "to"),
        *("tokens", "usage", "model", "durationMs", "agentId", "sessionId", "persona", "error", "input", "output"),
        "timestamp",
    )
)
LIKELY = st.sampled_from(("a", "b", 1, 2, 1768312800_000, 1768312800_500, 1768312801))
LEAVES = LIKELY | st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=200) | st.binary()
COUNTS = st.dictionaries(st.sampled_from(("input", "output", "prompt_tokens", "cached", "total")), LEAVES)
DATA = st.dictionaries(KEYS, LIKELY | LEAVES | COUNTS | st.lists(LEAVES), max_size=5)
SIGNALS = st.lists(st.tuples(NAMES, DATA | st.none() | LEAVES), max_size=60)


@given(SIGNALS)
def test_nothing_is_raised_and_the_figures_agree(signals: list[tuple[str, Any]]) -> None:
    """No handler fails; there are no more errors than calls; what is exported is JSON and of one piece."""
    before = failures()
    bus = Bus()
    monitor = PerformanceMonitor(bus, sample_seconds=3600, thresholds={"tool": {"error_share": None}})
    for name, data in signals:
        bus.emit(name, data)
    found = json.loads(json.dumps(monitor.export(), allow_nan=False))
    status = monitor.status()
    monitor.close()
    after = failures()
    assert all(after.get(kind, 0) == before.get(kind, 0) for kind in ("signal_handler", "monitor", "model_call"))
    ends = sum(name in ("tool:end", "tool:error") for name, _ in signals)
    assert sum(tool["calls"] for tool in found["tools"].values()) <= ends
    for tool in found["tools"].values():
        assert 0 <= tool["errors"] <= tool["calls"]
        if tool["mean_ms"] is not None:
            assert 0 <= tool["min_ms"] <= tool["mean_ms"] + 0.001
            assert tool["mean_ms"] <= tool["max_ms"] + 0.001
            assert tool["min_ms"] <= tool["p50_ms"] <= tool["p95_ms"] <= tool["max_ms"]
    told = found["llm"]
    assert 0 <= told["errors"] <= told["calls"] == sum(model["calls"] for model in told["models"].values())
    assert told["tokens"]["input"] == sum(model["input"] for model in told["models"].values())
    assert told["tokens"]["total"] >= told["tokens"]["input"] + told["tokens"]["output"]
    assert len(told["recent"]) == min(told["calls"], 100)
    for state in found["states"].values():
        assert state["entries"] >= 1
        assert 0 <= state["max_ms"] <= state["total_ms"] + 0.001
    assert all(number >= 0 for number in found["unmatched"].values())
    assert status["state"] in ("idle", "active")
