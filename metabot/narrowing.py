"""What a repository says for itself, in `.github/metabot.toml` of its base branch. It may only narrow what the settings
of whoever runs metabot allow: what would widen it is left out, and said.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from metabot.config import Section, Settings
from metabot.config_values import Window
from metabot.verify.paths import matches
from metabot.windows import inside as windows_inside

PATH: Final = ".github/metabot.toml"
_ALL: Final = "**"
_NAME: Final = "\N{SNOWMAN}"
_MEANINGS: Final = {"**": (_NAME, f"{_NAME}/{_NAME}"), "*": (_NAME,), "?": (_NAME,)}


class Narrowing(Section):
    """The keys of the file. One that is left out changes nothing."""

    pr_generation_enabled: bool = True
    max_open: int | None = Field(None, gt=0)
    max_new_per_day: int | None = Field(None, gt=0)
    max_files: int | None = Field(None, gt=0)
    max_lines: int | None = Field(None, gt=0)
    windows: tuple[Window, ...] = ()
    allowed_paths: tuple[str, ...] = ()
    protected_paths: tuple[str, ...] = ()
    analyzers_off: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Narrowed:
    settings: Settings
    left_out: tuple[str, ...]  # in words


def narrowed(settings: Settings, text: str | None) -> Narrowed:
    """The settings as they hold for a repository whose file has this text. One that cannot be read lets nothing be
    opened.
    """
    if text is None:
        return Narrowed(settings, ())
    try:
        said = Narrowing.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        return _shut(settings, f"{PATH}: is not TOML: {error}.")
    except ValidationError as error:
        return _shut(settings, "\n".join(map(_explained, error.errors())))
    sections = {"target": settings.target, "publish": settings.publish, "meta_layer": settings.meta_layer}
    changes: dict[str, dict[str, Any]] = {name: {} for name in sections}
    left_out = []
    for section, key, value, complaint in _each(settings, said):
        changes[section][key] = value
        left_out += [complaint] if complaint else []
    update = {name: section.model_copy(update=changes[name]) for name, section in sections.items()}
    return Narrowed(settings.model_copy(update=update), tuple(left_out))


def _each(settings: Settings, said: Narrowing) -> Iterator[tuple[str, str, Any, str]]:
    """Section, key and value that holds, with what is left out of the file's."""
    target, publish, meta = settings.target, settings.publish, settings.meta_layer
    yield "meta_layer", "pr_generation_enabled", meta.pr_generation_enabled and said.pr_generation_enabled, ""
    for section, key, ours, theirs in (
        ("publish", "max_open", publish.max_open, said.max_open),
        ("publish", "max_new_per_day", publish.max_new_per_day, said.max_new_per_day),
        ("target", "max_files", target.max_files, said.max_files),
        ("target", "max_lines", target.max_lines, said.max_lines),
    ):
        wider = theirs is not None and theirs > ours
        yield section, key, min(ours, theirs or ours), _wider(key, str(theirs), str(ours)) if wider else ""
    paths = _within("allowed_paths", target.allowed_paths, said.allowed_paths, (_ALL,), inside=_path_inside)
    yield ("target", "allowed_paths", *paths)
    windows, complaint = _within("windows", publish.windows, said.windows, (), inside=windows_inside)
    yield "publish", "windows", windows or publish.windows, complaint
    if said.windows and not windows:
        yield "meta_layer", "pr_generation_enabled", False, ""
    yield "target", "protected_paths", (*target.protected_paths, *said.protected_paths), ""
    yield "publish", "analyzers_off", (*publish.analyzers_off, *said.analyzers_off), ""


def _within(
    key: str,
    ours: Sequence[str],
    theirs: Sequence[str],
    everything: Sequence[str],
    *,
    inside: Callable[[str, Sequence[str]], bool],
) -> tuple[tuple[str, ...], str]:
    """Theirs where ours allow everything; else those of theirs that lie inside ours, which may be none."""
    if not theirs or tuple(theirs) == tuple(everything):
        return tuple(ours), ""
    if tuple(ours) == tuple(everything):
        return tuple(theirs), ""
    among = [one for one in theirs if inside(one, ours)]
    beyond = [one for one in theirs if one not in among]
    said = _wider(key, ", ".join(map(repr, beyond)), ", ".join(map(repr, ours))) if beyond else ""
    return tuple(among), said if among or not beyond else f"{said} Nothing is left that both allow."


def _path_inside(glob: str, ours: Sequence[str]) -> bool:
    """Whether all that a glob matches is matched by one of ours, as far as paths of names that nobody uses tell."""
    samples = [glob]
    for part, meanings in _MEANINGS.items():
        samples = [sample.replace(part, meaning) for sample in samples for meaning in meanings]
    return glob in ours or any(all(matches(sample, [one]) for sample in samples) for one in ours)


def _wider(key: str, theirs: str, ours: str) -> str:
    return f"{PATH}: {key} = {theirs} would widen what the settings allow, {ours}: it is left out."


def _explained(details: ErrorDetails) -> str:
    key = str(details["loc"][0])
    if details["type"] != "extra_forbidden":
        return f"{PATH}: {key}: {details['msg'][:1].lower()}{details['msg'][1:]}."
    near = difflib.get_close_matches(key, Narrowing.model_fields, n=1)
    advice = f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(sorted(Narrowing.model_fields))}."
    return f"{PATH}: {key!r} is no setting of a repository. {advice}"


def _shut(settings: Settings, why: str) -> Narrowed:
    closed = settings.meta_layer.model_copy(update={"pr_generation_enabled": False})
    return Narrowed(
        settings.model_copy(update={"meta_layer": closed}), (f"{why}\n  Nothing is opened until it is mended.",)
    )
