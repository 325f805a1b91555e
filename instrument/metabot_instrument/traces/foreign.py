"""The line of a span that another instrumentation made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from opentelemetry.trace import StatusCode

from metabot_instrument.current import settings
from metabot_instrument.traces.ancestry import Ancestry
from metabot_instrument.traces.line import Line
from metabot_instrument.traces.plain import SUMMARY, Plain, plain, summary
from metabot_instrument.vocabulary.attributes import MODEL_CALLS, SECRET, is_content
from metabot_instrument.vocabulary.layers import SESSION, SYSTEM, TASK

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

_ADDRESS: Final = re.compile(r"(?i)(^|[._])(url|uri|target)([._]|$)")  # whose query may hold a key
_VALUES: Final = 64  # of a span's attributes
_LONGEST: Final = 1 << 20  # characters of a value of a model call; of more the call's line has none


def line_of(span: ReadableSpan, above: Ancestry) -> Line:
    """Its attributes are the metadata, but for long texts: a prompt belongs to the export, not into a line.

    Nor do secrets, and what somebody said only where `capture` records text. A model call that is recorded in here has
    all that it recorded.
    """
    assert span.context is not None
    values = _recorded_values(span) if _is_own_call(span) else _short_values(span)
    metadata = dict(islice(values, _VALUES))
    failed = span.status.status_code is StatusCode.ERROR
    if failed and span.status.description:
        metadata["error"] = summary(span.status.description)
    scope = span.instrumentation_scope
    return Line(
        SYSTEM.short,
        SYSTEM.name,
        summary(span.name),
        summary(scope.name) if scope else "",
        "",
        "",
        "error" if failed else "success",
        metadata,
        span.start_time or 0,
        span.end_time or 0,
        span.context.trace_id,
        span.context.span_id,
        above.parent_id,
        above.remote_parent,
        summary(metadata.get(SESSION)) or above.session_id,
        summary(metadata.get(TASK)) or above.task_id,
        None,
    )


def _is_own_call(span: ReadableSpan) -> bool:
    return span.instrumentation_scope is not None and span.instrumentation_scope.name == MODEL_CALLS


def _recorded_values(span: ReadableSpan) -> Iterator[tuple[str, Plain]]:
    for key, value in (span.attributes or {}).items():
        if not isinstance(value, str) or len(value) <= _LONGEST:
            yield key, list(map(plain, value)) if isinstance(value, (list, tuple)) else _whole(value)


def _whole(value: object) -> Plain:
    return value if isinstance(value, str) else plain(value)


def _short_values(span: ReadableSpan) -> Iterator[tuple[str, Plain]]:
    with_text = settings().capture == "text"
    for key, value in (span.attributes or {}).items():
        if isinstance(value, str) and len(value) > SUMMARY:
            continue
        if isinstance(value, (bool, int, float)) or not (SECRET.search(key) or (is_content(key) and not with_text)):
            yield key, plain(value.partition("?")[0] if isinstance(value, str) and _ADDRESS.search(key) else value)
