"""What is known to change nothing that another call could see: functions by full name, methods by name."""

from __future__ import annotations

from typing import Final

from metabot.generate.calls.libraries import CLIENT

_COMPUTING: Final = (
    "aiohttp.ClientTimeout", "asyncio.sleep", "asyncio.to_thread", "base64.", "collections.", "contextlib.", "copy.",
    "dataclasses.", "datetime.", "decimal.", "enum.", "fractions.", "functools.", "hashlib.", "html.",
    "inspect.", "itertools.", "json.", "logging.", "math.", "opentelemetry.", "operator.", "os.environ.get",
    "os.getenv", "os.path.", "pathlib.Path", "re.", "statistics.", "string.", "textwrap.", "time.", "typing.",
    "unicodedata.", "urllib.parse.", "urllib.request.Request", "uuid.", "zoneinfo.",
)  # fmt: skip
WAITING: Final = ("asyncio.sleep", "time.sleep")
_IMPURE_BUILTINS: Final = frozenset(
    {"input", "print", "open", "exec", "eval", "setattr", "delattr", "next", "breakpoint"}
)
CHANGING: Final = frozenset({
    "add", "append", "clear", "close", "commit", "discard", "execute", "extend", "insert", "pop", "popitem", "put",
    "remove", "reverse", "send", "setdefault", "sort", "update", "write", "writelines",
})  # fmt: skip
# Methods that change nothing of what they are called on, whatever of the usual types that is.
READING: Final = frozenset({
    "add_event", "astimezone", "copy", "count", "date", "decode", "encode", "endswith", "format", "get", "hex", "index",
    "isoformat", "items", "join", "json", "keys", "lower", "lstrip", "model_dump", "partition", "raise_for_status",
    "read", "record_exception", "replace", "rpartition", "rsplit", "rstrip", "set_attribute", "set_attributes",
    "set_status", "split", "splitlines", "startswith", "strftime", "strip", "timestamp", "title", "upper", "values",
    "zfill",
})  # fmt: skip


def computes(dotted: str) -> bool:
    """Whether a function of that full name does nothing but give a result, or wait."""
    head, _, name = dotted.partition(".")
    if head == "builtins":
        return name.split(".")[0] not in _IMPURE_BUILTINS
    return CLIENT.fullmatch(dotted) is not None or any(
        dotted == one or (one.endswith(".") and dotted.startswith(one)) for one in _COMPUTING
    )
