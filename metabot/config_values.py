"""The kinds of values that a settings file holds, and what is wrong with one that is none."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from metabot import windows
from metabot.redact import redact


def _anchored(path: Path, info: ValidationInfo) -> Path:
    root: Path = (info.context or {}).get("root", Path.cwd())
    return root / path.expanduser()


def _unset(value: Any) -> Any:
    return None if value == "" else value


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository's address. It may hold a password, so it prints without."""

    url: str

    def __str__(self) -> str:
        return redact(self.url)[0]

    __repr__ = __str__


def _located(value: Any) -> Any:
    """A path stays one; `https://…`, `ssh://…`, `file://…` and `user@host:path` are addresses."""
    is_address = isinstance(value, str) and re.match(r"[a-z+]+://|[\w.-]+@[\w.-]+:", value) is not None
    return Remote(value) if is_address else _unset(Path(value) if isinstance(value, str) and value else value)


def _is_address_of_a_server(value: str) -> str:
    """No password and no key in it: they would be printed with it. Azure's version may stand behind it."""
    if value and not re.match(r"https?://[^/@?#\s]+(/[^@?#\s]*)?(\?api-version=[\w.-]+)?\Z", value):
        raise ValueError("must be an http or https address without user, password, key or query, but for api-version")
    return value


def _is_time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise ValueError("must be the name of a time zone as in Europe/Zurich or UTC") from error
    return value


def _is_window(value: str) -> str:
    windows.parse(value)
    return value


def of_known_types(types: Mapping[str, str]) -> AfterValidator:
    """The dotted path of a class of one's own is a type as well; it is looked up where it is used."""

    def check(tables: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        for at, table in enumerate(tables, 1):
            kind = table.get("type")
            if not isinstance(kind, str) or (kind not in types and "." not in kind):
                near = difflib.get_close_matches(str(kind), types, n=1) or [", ".join(types), "or a dotted path"]
                raise ValueError(f"number {at} has the type {kind!r}; say {' '.join(near)}")
        return tables

    return AfterValidator(check)


FilePath = Annotated[Path, AfterValidator(_anchored)]
TimeZone = Annotated[str, AfterValidator(_is_time_zone)]
Window = Annotated[str, AfterValidator(_is_window)]
ServerAddress = Annotated[str, AfterValidator(_is_address_of_a_server)]
OptionalNumber = Annotated[float | None, BeforeValidator(_unset)]
OptionalPath = Annotated[FilePath | None, BeforeValidator(_unset)]
Located = Annotated[FilePath | Remote | None, BeforeValidator(_located)]
