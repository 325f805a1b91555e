"""A text as it is compared: small letters without accents, without what nobody sees, look-alikes in plain letters."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_TAGS: Final = re.compile("[\U000e0020-\U000e007e]+")
_FLAG: Final = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{2,6}\U000e007f")
_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]+"
)
_MARKS: Final = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")
_MIXED: Final = re.compile(r"[a-z\d\u0250-\u052f\u13a0-\u13ff]{2,}")
_LATIN: Final = re.compile("[a-z]")
_RARE: Final = re.compile("[\u0250-\u052f\u13a0-\u13ff\u1d00-\u1d7f\ua730-\ua7ff\U0001f130-\U0001f1ff]")
_ALIKE: Final = str.maketrans(
    "аеорсухкмтвніјѕԁһԛԝѵԍɡαβεικνορτυχηωγʏᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡᴢпгузйяѡɑℓɩ",
    "aeopcyxkmtbhijsdhqwvggabeikvoptuxnwyyabcdefghijklmnoprstuvwznryenrwali",
)
_SYMBOLS: Final = {
    first + index: chr(ord("a") + index)
    for first in (0x1F130, 0x1F150, 0x1F170, 0x1F1E6)  # squared, negative circled, negative squared, regional
    for index in range(26)
}
_SMALL_CAPITALS: Final = str.maketrans("ʏᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡᴢ", "yabcdefghijklmnoprstuvwz")


def folded(text: str) -> str:
    """What the text reads like; of an English one only its capitals go."""
    if text.isascii():
        return _spoken(text.lower())
    text = _TAGS.sub(" ", text)
    text = _MARKS.sub("", unicodedata.normalize("NFKD", _UNSEEN.sub("", text)))
    text = unicodedata.normalize("NFC", text).casefold()
    if _RARE.search(text):
        text = _MIXED.sub(_plain, text.translate(_SYMBOLS).translate(_SMALL_CAPITALS))
    return _spoken(text.replace("\u2019", "'"))


def _spoken(text: str) -> str:
    text = text.replace("n't", " not")
    return text.replace("@", " http ") if "@" in text else text  # an address, whoever has it


def smuggled(text: str) -> str:
    """What is written in characters that nobody sees: the tags of Unicode, but for those of a flag."""
    if text.isascii():
        return ""
    hidden = "".join(_TAGS.findall(_FLAG.sub("", text)))
    return "".join(chr(ord(one) - 0xE0000) for one in hidden)


def _plain(found: re.Match[str]) -> str:
    """A word of two alphabets in the letters of ours."""
    word = found.group()
    return word.translate(_ALIKE) if _LATIN.search(word) else word
