"""Small projects written into folders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

AGENT = (
    "import os\n\nfrom openai import OpenAI\n\n\ndef answer(text):\n    return OpenAI().responses.create(input=text)\n"
)
TEST = "from agent import answer\n\n\ndef test_answers():\n    assert answer\n"


def written(root: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root
