"""How a generated test reads one value of a file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from metabot.generate.recipe import Base, NotSure
from metabot.generate.settings_files.values import Keys

_IMPORTS_YAML: Final = re.compile(r"^\s*(import|from) yaml\b", re.MULTILINE)
_LOADING: Final = {
    ".json": ("json", "json.loads({text})"),
    ".toml": ("tomllib", "tomllib.loads({text})"),
    ".yaml": ("yaml", "yaml.safe_load({text})"),
    ".yml": ("yaml", "yaml.safe_load({text})"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    library: str  # to import; empty for plain text
    expression: str  # of the value, where FILE is the file's path


def reading(path: str, keys: Keys, base: Base) -> Reading | NotSure:
    """With the standard library, YAML with the library that the repository itself imports; else the text as it is."""
    text = 'FILE.read_text(encoding="utf-8")'
    suffix = PurePosixPath(path).suffix
    if suffix not in _LOADING:
        return Reading("", text)
    library, load = _LOADING[suffix]
    if library == "yaml" and not _reads_yaml(base):
        return NotSure(f"no module of the repository imports yaml, which a test would read {path} with")
    return Reading(library, load.format(text=text) + "".join(f"[{json.dumps(key)}]" for key in keys))


def _reads_yaml(base: Base) -> bool:
    sources = (base.read(path) or "" for path in base.files if path.endswith(".py"))
    return any(_IMPORTS_YAML.search(text) for text in sources)
