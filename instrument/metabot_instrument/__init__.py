"""Events, traces and model calls of a running LLM agent.

What fails in here is counted (`failures()`) and never reaches the application. Importing this is cheap: what a name
needs is imported when it is first used, but for `tracer`, which a signal handler may want at any moment.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from metabot_instrument.current import configure
from metabot_instrument.forks import setting_up
from metabot_instrument.traces.tracer import tracer

if TYPE_CHECKING:
    from metabot_instrument.boundary import failures
    from metabot_instrument.configured import monitoring_of
    from metabot_instrument.events.emit import (
        append_event,
        append_ledger,
        emit_alert,
        emit_event,
        emit_monitoring_snapshot,
        emit_system_event,
        emit_task_lifecycle,
    )
    from metabot_instrument.events.outlets import route
    from metabot_instrument.events.subscriptions import subscribe
    from metabot_instrument.lines.writers import flush, shutdown
    from metabot_instrument.metrics.agent import meter
    from metabot_instrument.metrics.budget import TokenBudget
    from metabot_instrument.metrics.exposition import exposition
    from metabot_instrument.metrics.meter import Meter
    from metabot_instrument.model_calls.client import openai, uninstrument
    from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
    from metabot_instrument.monitor.thresholds import Thresholds, ToolLimits
    from metabot_instrument.monitoring.layer import MonitoringLayer
    from metabot_instrument.monitoring.observation import Observation
    from metabot_instrument.signals.bus import Bus, Signal
    from metabot_instrument.validation.action import Action
    from metabot_instrument.validation.decision import Decision, RejectedActionError
    from metabot_instrument.validation.pipeline import ValidationPipeline
    from metabot_instrument.validation.validator import Validator
    from metabot_instrument.validation.verdict import Approved, Modified, Rejected, Retry

__version__ = "0.1.0"

__all__ = [
    "Action",
    "Approved",
    "Bus",
    "Decision",
    "Meter",
    "Modified",
    "MonitoringLayer",
    "Observation",
    "PerformanceMonitor",
    "Rejected",
    "RejectedActionError",
    "Retry",
    "Signal",
    "Thresholds",
    "TokenBudget",
    "ToolLimits",
    "ValidationPipeline",
    "Validator",
    "append_event",
    "append_ledger",
    "configure",
    "emit_alert",
    "emit_event",
    "emit_monitoring_snapshot",
    "emit_system_event",
    "emit_task_lifecycle",
    "exposition",
    "failures",
    "flush",
    "meter",
    "monitoring_of",
    "openai",
    "route",
    "shutdown",
    "subscribe",
    "tracer",
    "uninstrument",
]

_MODULES: Final = {
    "Action": "validation.action",
    "Approved": "validation.verdict",
    "Bus": "signals.bus",
    "Decision": "validation.decision",
    "Meter": "metrics.meter",
    "Modified": "validation.verdict",
    "MonitoringLayer": "monitoring.layer",
    "Observation": "monitoring.observation",
    "PerformanceMonitor": "monitor.performance_monitor",
    "Rejected": "validation.verdict",
    "RejectedActionError": "validation.decision",
    "Retry": "validation.verdict",
    "Signal": "signals.bus",
    "Thresholds": "monitor.thresholds",
    "TokenBudget": "metrics.budget",
    "ToolLimits": "monitor.thresholds",
    "ValidationPipeline": "validation.pipeline",
    "Validator": "validation.validator",
    "append_event": "events.emit",
    "append_ledger": "events.emit",
    "emit_alert": "events.emit",
    "emit_event": "events.emit",
    "emit_monitoring_snapshot": "events.emit",
    "emit_system_event": "events.emit",
    "emit_task_lifecycle": "events.emit",
    "exposition": "metrics.exposition",
    "failures": "boundary",
    "flush": "lines.writers",
    "meter": "metrics.agent",
    "monitoring_of": "configured",
    "openai": "model_calls.client",
    "route": "events.outlets",
    "shutdown": "lines.writers",
    "subscribe": "events.subscriptions",
    "uninstrument": "model_calls.client",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with setting_up:
        found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = found
    return found
