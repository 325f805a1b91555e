"""The tree on standard error."""

from __future__ import annotations

import pytest

from metabot_instrument import configure, tracer
from metabot_instrument.traces.console import row, tree
from metabot_instrument.traces.line import Line, line_id
from tests.instrument.traces.written import Trace

_MS = 1_000_000


def _line(span: int, parent: int | None = None, **changes: object) -> Line:
    given = {"short": "alt", "layer": "altitude", "operation": "transition", "component": "altitude.py"}
    ended = {
        "input": "L3→L2",
        "output": "success",
        "status": "success",
        "metadata": {},
        "start": span,
        "end": span + 5 * _MS,
    }
    above = {"parent_id": line_id("alt", parent, parent) if parent is not None else None, "remote_parent": 0}
    whole = given | ended | above | {"trace": 1, "span": span, "session_id": "", "task_id": "", "code": None}
    return Line(**(whole | changes))  # type: ignore[arg-type]


def test_a_trace_is_printed_as_published() -> None:
    """Children stand under their parents in order of their start, though they ended first."""
    gate = {"short": "foc", "operation": "gate_check", "input": "WriteApprovalGate", "output": "allowed"}
    write = {"short": "mem", "operation": "write", "input": "altitude.session", "output": "written"}
    rows = tree(
        [
            _line(3, 2, **write)._replace(parent_id=line_id("foc", 2, 2), end=3 + 3 * _MS),
            _line(2, 1, **gate)._replace(end=2 + 2 * _MS),
            _line(4, 1, **gate)._replace(end=4, output="denied", status="blocked"),
            _line(1),
        ]
    )
    assert "\n".join(rows) == (
        "[alt] transition: L3→L2 → success (5ms)\n"
        "  └─[foc] gate_check: WriteApprovalGate → allowed (2ms)\n"
        "      └─[mem] write: altitude.session → written (3ms)\n"
        "  └─[foc] gate_check: WriteApprovalGate → denied [blocked] (0ms)"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"input": "", "output": ""}, "[alt] transition → success (5ms)", id="neither input nor output"),
        pytest.param({"output": "", "status": "error"}, "[alt] transition: L3→L2 → error (5ms)", id="status alone"),
        pytest.param({"end": 1 + 300_000}, "[alt] transition: L3→L2 → success (0.3ms)", id="less than a millisecond"),
        pytest.param({"end": 0}, "[alt] transition: L3→L2 → success (0ms)", id="a clock that was set back"),
        pytest.param(
            {"input": "a\nb\x1b[31m\u202e", "output": "\r\x9b"},
            "[alt] transition: a·b·[31m· → ·· (5ms)",
            id="control characters",
        ),
    ],
)
def test_a_row_says(changes: dict[str, object], said: str) -> None:
    """Texts of strangers cannot move the cursor or turn the line around."""
    assert row(_line(1, **changes)) == said


def test_a_tree_is_printed_when_its_root_has_ended(trace: Trace, capsys: pytest.CaptureFixture[str]) -> None:
    """Not before, and each trace by itself."""
    configure(trace_console=True)
    with tracer.span("altitude", "plan"):
        tracer.event("memory", "read", "m.py", "key", "value")
        assert capsys.readouterr().err == ""
    printed = capsys.readouterr().err.splitlines()
    assert printed[0].startswith("[alt] plan → success (")
    assert printed[1:] == ["  └─[mem] read: key → value (0ms)"]


def test_a_trace_without_end_is_printed_in_parts(trace: Trace, capsys: pytest.CaptureFixture[str]) -> None:
    """A server's root may stay open for days: what waits for it has a limit."""
    configure(trace_console=True)
    with tracer.span("system", "serve"):
        for _ in range(1500):
            tracer.event("memory", "read")
        assert len(capsys.readouterr().err.splitlines()) == 1000
    assert len(capsys.readouterr().err.splitlines()) == 501
