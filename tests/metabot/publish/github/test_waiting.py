"""What GitHub's refusals ask for, without waiting for it."""

from __future__ import annotations

import pytest

from metabot.publish.github.waiting import asked_to_wait

SPENT = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1030"}


@pytest.mark.parametrize(
    ("status", "headers", "text", "expected"),
    [
        pytest.param(403, SPENT, "", 31.0, id="until the reset"),
        pytest.param(429, SPENT, "", 31.0, id="the same, said with 429"),
        pytest.param(403, {**SPENT, "x-ratelimit-reset": "900"}, "", 1.0, id="a reset that is past"),
        pytest.param(403, {**SPENT, "retry-after": "7"}, "", 7.0, id="retry-after first"),
        pytest.param(403, {}, "You have exceeded a secondary rate limit.", 240.0, id="a minute, longer each time"),
        pytest.param(429, {"retry-after": "soon"}, "", 240.0, id="no number"),
        pytest.param(403, {"x-ratelimit-remaining": "9"}, "Resource not accessible", None, id="a right is missing"),
        pytest.param(200, SPENT, "", None, id="the last one that was allowed"),
        pytest.param(502, {"retry-after": "7"}, "", None, id="broken"),
    ],
)
def test_seconds(status: int, headers: dict[str, str], text: str, expected: float | None) -> None:
    """After two refusals, at second 1000."""
    assert asked_to_wait(status, headers, text, now=1000.0, earlier=2) == expected
