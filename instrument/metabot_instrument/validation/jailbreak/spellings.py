"""The other ways to spell a text that are tried where it looks as if it needed one: each gives a text to read again."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from metabot_instrument.validation.jailbreak.letters import FAMILIES, ROT13, Row

MOST: Final = 8  # pieces of one kind that are decoded
LONGEST: Final = 4_000  # characters of each

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEX: Final = re.compile(r"[2-7][0-9a-fA-F](?:[ ,:]?(?:0x|\\x)?[0-9a-fA-F]{2}){9,}")  # begins with an ASCII character
_BASE32: Final = re.compile(r"\b[A-Z2-7]{24,}={0,6}")
_MORSE: Final = re.compile(r"(?:[.-]{1,5}(?: / | |$|\n)){10,}")
_BITS: Final = re.compile(r"[01]{8}(?:[ ,]?[01]{8}){4,}")
_CODES: Final = re.compile(r"\d{2,3}(?:[ ,]{1,2}\d{2,3}){7,}\b")
_PERCENT: Final = re.compile(r"%[0-9a-fA-F]{2}")
_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
_RUN: Final = re.compile(r"\S{16,}")
_LEET_SIGN: Final = re.compile(r"[0134578@$!|+](?<=[a-z].)[a-z]")  # begins with what is rare
_LEET_WORD: Final = re.compile(r"[a-z0-9@$!|+]{3,}")
_SIGNS: Final = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
)
MORSE: Final = dict(zip(_SIGNS.split(), "abcdefghijklmnopqrstuvwxyz", strict=True))
_LEET: Final = str.maketrans("013456789@$!|+", "oieasgtbgasilt")
_SPACED: Final = re.compile(r"(?<![^\W_])(?:[^\W_][\W_]{1,3}){5,}[^\W_](?![^\W_])")
_SPLIT: Final = re.compile(r"(?<=[^\W\d_])[-.*_~^|·+=/\\]{1,2}(?=[^\W\d_])")
_GLUED: Final = re.compile(r"[^\W\d_]{18,}")
_WORTH: Final = frozenset("VvPYAOCGSXLKDRyM")
_KNOWN: Final = re.compile(
    "|".join(
        sorted(
            (word for word, letter in FAMILIES.items() if letter in _WORTH and len(word) > 2 and word.isascii()),
            key=len,
            reverse=True,
        )
    )
)


def respelled(text: str, row: Row, longest: int) -> Iterator[str]:
    """Each other reading of the text, where anything hints at one; `longest` is its longest stretch without space."""
    if row.letters.count("b") >= 2:
        yield text[::-1]
        yield " ".join(word[::-1] for word in text.split())
    if row.letters.count("z") >= 2:
        yield text.translate(ROT13)
    if "sss" in row.letters and _SPACED.search(row.text):
        yield _SPACED.sub(lambda found: _apart("".join(filter(str.isalnum, found.group()))), row.text)
    if len(_LEET_SIGN.findall(row.text)) >= 2:
        yield _LEET_WORD.sub(_plain, row.text)
    if _count(row.text, "-.*_~^|·+=/") >= 3 + row.text.count(". ") and len(_SPLIT.findall(row.text)) >= 3:
        yield _SPLIT.sub("", row.text)
    if longest >= 18 and _GLUED.search(row.text):
        yield _GLUED.sub(lambda found: _apart(found.group()), row.text, count=4 * MOST)


def _plain(found: re.Match[str]) -> str:
    """A word with some of its letters written as digits; a number stays one."""
    word = found.group()
    return word if word.isalpha() or word.isdigit() else word.translate(_LEET)


def decoded(text: str, longest: int) -> Iterator[str]:
    """What stands encoded in the text, as far as it is something to read."""
    if longest >= 16:
        for found in _some(_RUN, text):
            yield from _unspaced(found)
    if _count(text, "0123456789") >= 10:
        yield from _digits(text)
    if text.count(" -") + text.count(" .") >= 6:
        for found in _some(_MORSE, text):
            signs = re.split(r"(?<=[.-]) (?=[.-])|( / | {2,}|\n)", found)
            yield "".join(MORSE.get(sign, " ") for sign in signs if sign)
    yield from _escaped(text[: 4 * LONGEST])


def _count(text: str, signs: str) -> int:
    return sum(map(text.count, signs))


def _unspaced(run: str) -> Iterator[str]:
    for found in _some(_BASE64, run):
        yield from _read(_base64(found))
    for found in _some(_BASE32, run):
        yield from _read(_base32(found))
    if len(run) >= 30:
        yield from _base85(run)


def _digits(text: str) -> Iterator[str]:
    for found in _some(_HEX, text):
        digits = re.sub(r"0x|\\x|[^0-9a-fA-F]", "", found)
        yield from _read(bytes.fromhex(digits[: len(digits) // 2 * 2]))
    for found in _some(_BITS, text):
        bits = re.sub("[^01]", "", found)
        yield from _read(bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8)))
    for found in _some(_CODES, text):
        yield from _read(bytes(int(code) for code in re.findall(r"\d+", found) if int(code) < 256))


def _escaped(text: str) -> Iterator[str]:
    if text.count("%") >= 3 and len(_PERCENT.findall(text)) >= 3:
        yield unquote(text)
    if text.count("&#") >= 4:
        yield html.unescape(text)
    if text.count("\\u") + text.count("\\x") >= 4:
        yield _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), text)


def _some(pattern: re.Pattern[str], text: str) -> list[str]:
    found = []
    for match in pattern.finditer(text):
        found.append(match.group()[:LONGEST])
        if len(found) == MOST:
            break
    return found


def _base64(blob: str) -> bytes:
    plain = blob.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(plain[: len(plain) // 4 * 4] + _rest(plain))
    except binascii.Error:
        return b""


def _base32(blob: str) -> bytes:
    plain = blob.rstrip("=")
    try:
        return base64.b32decode(plain + "=" * (-len(plain) % 8))
    except binascii.Error:
        return b""


def _base85(blob: str) -> Iterator[str]:
    for decode in (base64.a85decode, base64.b85decode):
        try:
            yield from _read(decode(blob.removeprefix("<~").removesuffix("~>")))
        except ValueError:
            continue


def _rest(plain: str) -> str:
    rest = plain[len(plain) // 4 * 4 :]
    return rest.ljust(4, "=") if len(rest) > 1 else ""


def _read(data: bytes) -> Iterator[str]:
    """The data as text, unless it is none: an image, a key, a checksum."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    printable = sum(one.isprintable() or one.isspace() for one in text)
    if len(text) >= 6 and printable >= 0.95 * len(text):
        yield text


def _apart(glued: str) -> str:
    """The words that the letters without spaces spell."""
    return " ".join(_KNOWN.findall(glued[:LONGEST]))
