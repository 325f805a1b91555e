"""A call that failed, as the answer that its client got: a status, and a body in OpenAI's shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from metabot.replay.cassette import Reply

_STATUS: Final = {"ratelimit": 429, "timeout": 504, "authentication": 401, "badrequest": 400, "notfound": 404}


def failure_of(span: Mapping[str, Any], redacted: Callable[[str], str]) -> Reply:
    """With the status that was recorded, else the one that the error's name tells, else 500."""
    kind = span["error_type"] or "error"
    name = kind.lower().replace("_", "")
    told = next((status for word, status in _STATUS.items() if word in name), 500)
    recorded = span.get("http_status")
    status = recorded if recorded is not None and 400 <= recorded <= 599 else told
    message = redacted(span.get("error_message") or kind)
    return Reply(
        status=status, body={"error": {"message": message, "type": redacted(kind), "param": None, "code": None}}
    )
