"""What of a text may go to a model: no secret, no personal data, and nothing that a person who reads it cannot see.

A replaced place stands in a prompt as `[redacted: kind]`. An edit that would search for it finds nothing in the file,
and one that would write it is refused: what was taken out is never guessed back.
"""

from __future__ import annotations

import re
from typing import Final

from metabot.redact import redact

# Carriers of hidden text and of reversed text. Joiners and variation selectors, of which emoji are made, stay.
_HIDDEN: Final = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e01ef]")
_REDACTED: Final = re.compile(r"\[redacted: [\w -]+\]")


def screened(text: str) -> str:
    """The text without secrets and personal data, and with escapes where it holds what cannot be seen."""
    return _HIDDEN.sub(_escaped, redact(text)[0])


def holds_redaction(text: str) -> bool:
    """Whether a text from the model holds the mark of what was taken out of the prompt."""
    return _REDACTED.search(text) is not None


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
