"""A text as a row of letters, one a word: what the word does, in whatever language. Rules read these rows.

`V` to override, `v` to switch off, `g` overriding; `P` previous, `Y` your, `A` all, `E` everything; `O` instructions,
`C` rules, `G` what restrains, `Q` limits; `S` system; `X` to show, `L` to repeat; `K` secrets, `k` records; `Z` to
send, `U` an address; `n` not; `f` to follow; `D` unrestricted; `R` to act as, `y` you, `w` now, `M` mode, `m` whose
mode; `a` an AI, `u` a user, `T` to tell; `F` to refuse; `H` harm, `h` how to, `W` a story; `c` to begin, `q` surely;
`r` to read, `i` if, `t` this text; `l` what is; `p` void; `N` new, `J` task; `o` others; `d` talk about attacks; `e`
to decode, `x` to carry out, `B` in whose name; `1` my, `j` an ordinary matter, `I` an answer; `2` told, `3` who built
it, `5` a persona by name, `6` to switch on, `7` is, `8` said, `0` I, `9` a; `s` a single letter, `b` and `z` words
read backwards and by rot13; `"` a quotation mark, `|` the end of a sentence, `_` any other word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import repeat
from typing import Final, NamedTuple

from metabot_instrument.validation.jailbreak import eastern, english, germanic, romance
from metabot_instrument.validation.jailbreak.folded import folded

_CJK: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_HAS_CJK: Final = re.compile(f"[{_CJK}]")
_ASCII: Final = re.compile(r'[a-z0-9]+|[.!?"]')
_WORDS: Final = re.compile(r"""[^\W_]+|[.!?"“”„«»]""")
_ENDS: Final = dict.fromkeys(".!?。！？", "|")
_QUOTES: Final = dict.fromkeys('"“”„«»「」『』', '"')
_OTHERS: Final = (
    *(germanic.GERMAN, romance.FRENCH, romance.SPANISH, romance.ITALIAN, romance.PORTUGUESE, germanic.DUTCH),
    *(eastern.POLISH, eastern.RUSSIAN, eastern.TURKISH, eastern.UNSPACED),
)  # of a word that several have, the first's letter counts
_ENGLISH_ANYWAY: Final = (
    "come date dates ore prima poi sei recipe fine fin pas plus son sur es in on as but also doe "
    "en passe falls handle filter hat war rest dis lis rien bien grand lines avant present data "
    "chat parole page phrase phrases simple"
)
_SHOWN_BACKWARDS: Final = (
    "ignore disregard forget previous instructions system prompt reveal rules your the and you all print password "
    "secret how make bomb show bypass safety"
)


def _families() -> dict[str, str]:
    """English first, as a word that several languages have is most often its."""
    words = dict.fromkeys("abcdefghijklmnopqrstuvwxyz", "s")
    for word in _SHOWN_BACKWARDS.split():
        words[word[::-1]] = "b"
        words[word.translate(ROT13)] = "z"
    words |= _ENDS | _QUOTES
    english_anyway = frozenset(_ENGLISH_ANYWAY.split())
    for table in reversed(_OTHERS):
        words |= {word: letter for word, letter in _spelled(table).items() if word not in english_anyway}
    words |= _mistyped("ignore disregard forget previous instructions instruction system prompt reveal bypass prior")
    words |= _spelled(english.FAMILIES)
    words["a"] = "9"  # the article; a single letter only where more stand beside it
    words |= dict.fromkeys("的のをはにとがもへ", "")
    return words


def _mistyped(words: str) -> dict[str, str]:
    """Each word with two neighbours exchanged, or one letter left out or doubled."""
    letters = _spelled(english.FAMILIES)
    return {
        wrong: letters[word]
        for word in words.split()
        for at in range(1, len(word))
        for wrong in (
            word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
        )
    }


def _spelled(table: Mapping[str, str]) -> dict[str, str]:
    return {folded(word): letter for letter, words in table.items() for word in words.split()}


ROT13: Final = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "nopqrstuvwxyzabcdefghijklmNOPQRSTUVWXYZABCDEFGHIJKLM"
)
FAMILIES: Final = _families()
_UNSPACED: Final = re.compile(
    "|".join(sorted(map(re.escape, _spelled(eastern.UNSPACED)), key=len, reverse=True))
    + rf"|[{_CJK}]|[^\W_{_CJK}]+|[.!?。！？「」『』\"“”„«»]"
)


class Row(NamedTuple):
    """`letters`, and the folded text and its words that they come from."""

    letters: str
    text: str
    words: list[str]


def row(text: str) -> Row:
    """Reads a text once: its length decides what that costs, not what it says."""
    text = folded(text)
    if text.isascii():
        words = _ASCII.findall(text)
    elif _HAS_CJK.search(text):
        words = _UNSPACED.findall(text)
    else:
        words = _WORDS.findall(text)
    return Row(_letters(words), text, words)


def row_of(words: list[str]) -> Row:
    """The row of some words of a text."""
    return Row(_letters(words), " ".join(words), words)


def _letters(words: list[str]) -> str:
    return "".join(map(FAMILIES.get, words, repeat("_")))
