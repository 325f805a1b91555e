"""How the agent is, in the five fields that a status line shows."""

from __future__ import annotations

from typing import Any, Final

from metabot_instrument.monitor.figures import iso
from metabot_instrument.monitor.memory import Sample
from metabot_instrument.monitor.session import Session

_WARNING: Final = 90.0  # percent of the memory that the process may hold
_NAMED: Final = 3  # tools


def status(session: Session, memory: Sample) -> dict[str, Any]:
    """`warning` above 90 % of the memory's limit, else `active` while a tool or a model is called, else `idle`."""
    session.forget(memory.monotonic)
    tools = [started.call.name for started in session.tools.matching.open()]
    requests = len(session.requests.matching)
    warning = memory.percent > _WARNING
    calls = session.requests.calls
    return {
        "state": "warning" if warning else "active" if tools or requests else "idle",
        "primary_metric": f"{memory.rss / 2**20:.0f} MB",
        "secondary_metric": f"{calls} model call{'' if calls == 1 else 's'}",
        "last_activity": iso(session.last_activity),
        "message": _of_memory(memory) if warning else _under_way(tools, requests),
    }


def _of_memory(memory: Sample) -> str:
    return f"memory is at {memory.percent:.0f} % of what this process may hold"


def _under_way(tools: list[str], requests: int) -> str:
    named = list(dict.fromkeys(tools))
    said = named[:_NAMED]
    if len(named) > _NAMED:
        said.append(f"{len(named) - _NAMED} more tools")
    if requests:
        said.append("a model" if requests == 1 else f"{requests} model calls")
    return f"waits for {', '.join(said)}" if said else "nothing is under way"
