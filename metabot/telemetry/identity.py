"""Ids for records of formats that have none: the same content has the same ids, whatever its file is called."""

from __future__ import annotations

from hashlib import blake2b


def trace_id_of(*parts: object) -> str:
    """32 hexadecimal digits out of what identifies a trace: the format's name and, say, a session's id."""
    return _digest(16, parts)


def span_id_of(*parts: object) -> str:
    """16 hexadecimal digits out of what identifies a span within its trace and format."""
    return _digest(8, parts)


def span_id_within(name: tuple[object, ...], *parts: object) -> str:
    """Like `span_id_of`, but it begins with what `beginning_of(*name)` gives, by which it is found again."""
    return beginning_of(*name) + _digest(4, (*name, *parts))


def beginning_of(*name: object) -> str:
    """8 hexadecimal digits."""
    return _digest(4, name)


def _digest(size: int, parts: tuple[object, ...]) -> str:
    hashed = blake2b(digest_size=size)
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
        hashed.update(len(data).to_bytes(8, "big") + data)  # so that ("ab", "c") is not ("a", "bc")
    return hashed.hexdigest()
