"""Requests, exchanges and cassettes, as small as they can be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metabot.replay.cassette import SCHEMA


def request(*messages: str | Mapping[str, Any], model: str = "m", **more: Any) -> dict[str, Any]:
    """A text is a user's message."""
    said = [{"role": "user", "content": one} if isinstance(one, str) else dict(one) for one in messages]
    return {"model": model, "messages": said, **more}


def system(text: str) -> dict[str, str]:
    return {"role": "system", "content": text}


def assistant(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def exchange(body: Mapping[str, Any], says: str | None, *, sequence: str = "s", number: int = 0, **more: Any) -> Any:
    """A line of a cassette; without an answer it is a failure of status 429."""
    answered: dict[str, Any] = {"answer": {"message": {"content": says}}}
    if says is None:
        answered = {"error": {"status": 429, "body": {"error": {"message": "slow down"}}}}
    return {"kind": "model", "sequence": sequence, "number": number, "body": body, **answered, **more}


def tool(path: str, body: Any, answer: Any, *, sequence: str = "s", number: int = 0, **more: Any) -> Any:
    line = {"kind": "tool", "sequence": sequence, "number": number, "path": f"/tools/{path}", "body": body}
    return {**line, "answer": {"body": answer}, **more}


def written(path: Path, *lines: Any, **header: Any) -> Path:
    rows = [{"schema": SCHEMA, **header}, *lines]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
