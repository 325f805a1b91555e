"""A failure in words, for a person. What the server said of it is a stranger's text, and may repeat the key."""

from __future__ import annotations

from typing import Final

from analyzers.untrusted import Untrusted
from metabot.generate.asking.answered import Failed
from metabot.redact import redact

_SHOWN: Final = 300  # characters of what a server says
_WORDS: Final = {
    "status": "the server answers with status {status}.",
    "elsewhere": "the server redirects (status {status}), which is not followed. Set base_url to where it points.",
    "unreachable": "the server cannot be reached.",
    "stalled": "the answer stopped coming, or was not whole by the deadline.",
    "broken": "the connection broke off.",
    "nonsense": "what comes back is no answer of the protocol.",
    "too large": "the answer is larger than max_tokens allow, or packed.",
}


def in_words(failed: Failed, key: str) -> str:
    sentence = _WORDS[failed.why].format(status=failed.status)
    told = f" It says {quoted(failed.words, key)}." if failed.words else ""
    waits = f" It asks to wait {failed.retry_after:,.0f} s." if failed.retry_after else ""
    return f"{sentence}{told}{waits}"


def quoted(words: str, key: str) -> str:
    return Untrusted(redact(words.replace(key, "[key]") if key else words)[0]).quoted(_SHOWN)
