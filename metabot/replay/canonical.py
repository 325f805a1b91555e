"""One spelling for equal JSON, and the hashes by which requests are found again.

Objects are sorted by key, nothing stands between the parts, and a number that is whole is written without a fraction,
so two programs that send the same values get the same hash. How an answer is asked for (`stream`, `stream_options`) is
no part of what is asked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

_DELIVERY: Final = frozenset({"stream", "stream_options"})
_EXACT: Final = 2**53  # up to here every whole float is one integer


def canonical(value: Any) -> str:
    """RecursionError: nested deeper than the encoder follows."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, hexadecimal."""
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


def request_digest(body: Mapping[str, Any]) -> str:
    """Of a request to a model."""
    return digest({name: value for name, value in body.items() if name not in _DELIVERY})


def canonical_text(text: str) -> str:
    """A text that is a JSON object or list, in its one spelling; any other as it is."""
    if text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        return canonical(json.loads(text))
    except (ValueError, RecursionError):
        return text


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    whole = isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT
    return int(value) if whole else value
