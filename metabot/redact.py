"""Secrets and personal data taken out of text that people will read: output of commands, words of other programs.

Patterns, not proof: what looks like a known kind of secret, an e-mail address or a payment card goes; commit ids,
UUIDs, trace ids, times and token counts stay.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Final

_START: Final = r"(?<![A-Za-z0-9_-])"

_BEGIN: Final = r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY[A-Z ]{0,40}-----"

# Kind, pattern. Group 1, where there is one, is kept in front of the mark.
_KNOWN: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("private key", re.compile(_BEGIN + r"(?:.{0,20000}?-----END [A-Z ]{0,40}-----|[A-Za-z0-9+/=\\\s]*+)", re.DOTALL)),
    # The end of a key whose beginning was cut off.
    (
        "private key",
        re.compile(r"(?<![A-Za-z0-9+/=\r\n])[A-Za-z0-9+/=\r\n]*+-----END [A-Z ]{0,40}PRIVATE KEY[A-Z ]{0,40}-----"),
    ),
    (
        "credentials",
        re.compile(
            r"([a-z][a-z0-9+.-]{1,20}:(?://|∕∕))[^\s/@:\"']{0,100}:[^\s/@\"']{1,300}(?=@|\(at\))", re.IGNORECASE
        ),
    ),
    (
        "authorization",
        re.compile(r"(\bauthorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?)\w{1,20} [^\s\"',;\[]{6,}", re.IGNORECASE),
    ),
    ("bearer token", re.compile(r"(\bbearer\s)[\w.~+/=-]{16,}", re.IGNORECASE)),
    ("JSON web token", re.compile(_START + r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")),
    ("AWS key id", re.compile(_START + r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])")),
    ("GitHub token", re.compile(_START + r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})")),
    ("GitLab token", re.compile(_START + r"glpat-[\w-]{20,}")),
    ("Slack token", re.compile(_START + r"xox[a-z]-[A-Za-z0-9-]{10,}")),
    ("Slack address", re.compile(r"(hooks\.slack\.com/services/)[\w/]{20,}")),
    ("Google key", re.compile(_START + r"AIza[\w-]{35}")),
    ("model key", re.compile(_START + r"sk-(?=[\w-]{0,40}\d)[\w-]{20,}")),
    # In an address of git's, user@host: stands before a path.
    (
        "e-mail address",
        re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}(?:@|\(at\))(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])(?!:[\w/~])"),
    ),
)
_NAMED: Final = re.compile(
    r"(?<![\w.-])([\w.-]{0,40}?(password|passwd|pwd|secret|token|api_?-?key|access_?-?key|private_?-?key|credential)"
    r"[\w-]{0,20}[\"']?\s{0,3}[:=]\s{0,3}[\"']?)([^\s\"',;&\[\](){}<>]{6,})",
    re.IGNORECASE,
)
_CARD: Final = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])(?!\.\d)")
# Lengths by first digits, of the networks' published ranges: no time in ms, µs or ns since 1970 begins like these.
_CARD_RANGES: Final = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}"
    r"|6(?:011|5\d\d)\d{12}|35\d{14}"
)
_MIN_BITS: Final = 3.0  # of Shannon entropy a character: above English words, below random letters and digits


def redact(text: str) -> tuple[str, int]:
    """The text with each secret, e-mail address and card number replaced by `[redacted: kind]`, and how many were."""
    removed = 0

    def marked(kind: str, is_one: Callable[[re.Match[str]], bool]) -> Callable[[re.Match[str]], str]:
        def mark(match: re.Match[str]) -> str:
            nonlocal removed
            if not is_one(match):
                return match[0]
            removed += 1
            return f"{(match[1] if match.re.groups else '') or ''}[redacted: {kind}]"

        return mark

    for kind, pattern in _KNOWN:
        text = pattern.sub(marked(kind, lambda _: True), text)
    text = _NAMED.sub(marked("secret", _is_secret), text)
    text = _CARD.sub(marked("card number", _is_card), text)
    return text, removed


def _is_secret(match: re.Match[str]) -> bool:
    word, value = match[2].lower(), match[3]
    has_digit = any(letter.isdigit() for letter in value)
    has_other = any(not letter.isdigit() for letter in value)
    if word in ("password", "passwd", "pwd"):
        return has_digit and has_other
    return len(value) >= 12 and has_digit and has_other and _bits(value) >= _MIN_BITS


def _bits(value: str) -> float:
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares)


def _is_card(match: re.Match[str]) -> bool:
    digits = [int(letter) for letter in match[0] if letter.isdigit()]
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]
    in_range = _CARD_RANGES.fullmatch("".join(map(str, digits))) is not None
    return in_range and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
