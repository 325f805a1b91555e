"""What a new span is under: the line id of its parent, and the session and task that hold there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, cast

from opentelemetry.context import Context, create_key
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import get_current_span

from metabot_instrument.traces.line import line_id
from metabot_instrument.vocabulary.layers import SYSTEM

if TYPE_CHECKING:
    from metabot_instrument.traces.recorded import Recorded

STEP: Final = create_key("metabot-step")  # of the innermost step in a context


class Ancestry(NamedTuple):
    parent_id: str | None = None
    remote_parent: int = 0  # span id of a parent in another process: its layer is not known here
    session_id: str = ""
    task_id: str = ""


def step_of(context: Context) -> Recorded | None:
    return cast("Recorded | None", context.get(STEP))


def ancestry(context: Context) -> Ancestry:
    parent = get_current_span(context)
    step = step_of(context)
    session_id, task_id = (step.session_id, step.task_id) if step else ("", "")
    if step and step.otel is parent:
        return Ancestry(step.trace_id or None, 0, session_id, task_id)
    if isinstance(parent, ReadableSpan):
        parent_id = line_id(SYSTEM.short, parent.start_time or 0, parent.get_span_context().span_id)
        return Ancestry(parent_id, 0, session_id, task_id)
    there = parent.get_span_context()
    return Ancestry(None, there.span_id if there.is_valid and there.is_remote else 0, session_id, task_id)
