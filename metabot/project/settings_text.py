"""The settings file for a project: what differs from the defaults, each with how it was told; the rest as a comment."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import tomlkit

from metabot.config import Github, MetaLayer, Target
from metabot.project.project import Project
from metabot.project.recordings import Recordings
from metabot.project.told import MOST_SOURCES, NO_EVALUATION, UNTIMED, counted, day, told
from metabot.render import render

_WIDTH: Final = 100
_NS_PER_HOUR: Final = 3_600 * 10**9
_WEEK: Final = 7 * 24

_OF_OPENAI: Final = frozenset(
    ("openai", "langchain_openai", "litellm", "langchain", "pydantic_ai")
)  # read its variables

Value = str | int | list[str] | dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    key: str
    value: Value
    why: str
    live: bool = True  # False: it stands as a comment, for a person to complete

    @property
    def lines(self) -> list[str]:
        written = f"{self.key} = {_toml(self.value)}"
        return [*_comment(self.why), written if self.live else f"# {written}"]


def _toml(value: Value) -> str:
    if not isinstance(value, dict):
        return tomlkit.item(value).as_string()
    table = tomlkit.inline_table()
    table.update(value)
    return table.as_string()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    header: str
    settings: tuple[_Setting, ...]

    @property
    def lines(self) -> list[str]:
        live = any(setting.live for setting in self.settings)
        return [
            self.header if live else f"# {self.header}",
            *(line for setting in self.settings for line in setting.lines),
        ]


def settings_text(project: Project, *, now_ns: int) -> str:
    """A settings file that lies in the project's folder, as `metabot.config` loads it."""
    about = [line for one in told(project) for line in _comment(f"{one.subject}: {one.found}. {one.todo}".rstrip())]
    sections = [section.lines for section in _sections(project, now_ns) if section.settings]
    return render("init/config.toml.j2", about=about, sections=sections)


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent="# ", subsequent_indent="#   ", break_on_hyphens=False, break_long_words=False
    )


def _sections(project: Project, now_ns: int) -> Iterator[_Section]:
    yield _Section(header="[meta_layer]", settings=tuple(_window(project, now_ns)))
    for recording in project.recordings[:MOST_SOURCES]:
        yield _Section(header="[[sources]]", settings=(_source(recording),))
    if not project.recordings:
        why = "No telemetry was recognised in this folder. Name a file, a folder, a glob or the address of metrics."
        asked = _Setting(key="path", value="telemetry/*.jsonl", why=why, live=False)
        yield _Section(header="[[sources]]", settings=(asked,))
    yield _Section(header="[target]", settings=tuple(_target(project)))
    yield _Section(header="[publish]", settings=tuple(_publish(project)))
    yield _Section(header="[github]", settings=tuple(_github(project)))


def _window(project: Project, now_ns: int) -> Iterator[_Setting]:
    newest = max((one.held.newest_ns for one in project.recordings if one.held.newest_ns is not None), default=None)
    oldest = min((one.held.oldest_ns for one in project.recordings if one.held.oldest_ns is not None), default=None)
    hours = MetaLayer.model_validate({}).analysis_window_hours
    if newest is None or oldest is None or newest > now_ns - hours * _NS_PER_HOUR:
        return
    why = (
        f"The newest record here is of {day(newest)}, before the {hours} hours that a pass scores by default; this "
        "takes in all of them. Remove the line once telemetry comes every day."
    )
    yield _Setting(key="analysis_window_hours", value=(now_ns - oldest) // _NS_PER_HOUR + _WEEK, why=why)


def _source(recording: Recordings) -> _Setting:
    newest = recording.held.newest_ns
    until = "" if newest is None else f", the newest record of {day(newest)}"
    why = f"{counted(recording.files, 'file')}, recognised as {recording.format}{until}."
    if recording.held.untimed:
        why += f" {UNTIMED}"
    return _Setting(key="path", value=recording.pattern, why=why)


def _target(project: Project) -> Iterator[_Setting]:
    origin, defaults = project.origin, project.commands.defaults
    if origin is None:
        why = "This folder is in no git repository, so findings are shown and nothing is proposed."
        yield _Setting(key="repository", value=".", why=why, live=False)
        return
    yield _Setting(key="repository", value=".", why="This folder is the top of a git repository.")
    if origin.base_branch is not None and origin.base_branch != Target.model_validate({}).base_branch:
        yield _Setting(key="base_branch", value=origin.base_branch, why=f"It is {origin.how}.")
    yield from _services(project)
    if defaults.setup:
        why = f"Told {project.commands.how}; not tried. It runs once per lock file, with network, and fills {{env}}."
        yield _Setting(key="setup", value=defaults.setup, why=why)
    if defaults.unknown is None:
        yield _Setting(key="test", value=defaults.test, why=f"Told {project.commands.how}; not tried.")
    else:
        yield _Setting(key="test", value="", why=f"No command could be told: {defaults.unknown}.", live=False)
    yield _evaluation(project)
    yield from _model_script(project)


def _services(project: Project) -> Iterator[_Setting]:
    declared = {service.name: service.where for service in project.services}
    seen = {name for one in project.recordings for name in one.held.services}
    named = [name for name in declared if not seen or name in seen]
    takes_all = bool(seen) and seen <= declared.keys()
    if named and not takes_all:
        why = ", ".join(f"{name} by {declared[name]}" for name in named)
        yield _Setting(key="services", value=named, why=f"The telemetry of this repository: {why}.")
    elif declared and not named:
        why = "These names stand in its files, and none of them in the telemetry here, so that all of it is taken."
        yield _Setting(key="services", value=list(declared), why=why, live=False)


def _evaluation(project: Project) -> _Setting:
    python = "{env}/bin/python" if "{env}" in project.commands.defaults.setup else "{python}"
    for one in project.evaluations:
        command = f"{python} -m {one.module}" if one.module else f"{python} {one.path}"
        if one.ready:
            why = f"{one.path} prints a score and its cases; not tried."
            return _Setting(key="evaluate", value=command, why=why)
        if one.prints_score:
            why = f"{one.path} prints a score and its cases, and takes arguments: add those under which it does."
            return _Setting(key="evaluate", value=command, why=why, live=False)
        if one.path.endswith(".py"):
            why = f"{one.path} may evaluate answers. {NO_EVALUATION}"
            return _Setting(key="evaluate", value=command, why=why, live=False)
    return _Setting(key="evaluate", value="", why=f"No evaluation was found. {NO_EVALUATION}", live=False)


def _model_script(project: Project) -> Iterator[_Setting]:
    """The sandbox has no network, so that an evaluation asks a stand-in."""
    libraries = {use.library for use in project.used("model")}
    if not libraries:
        return
    why = (
        "The sandbox has no network: the replay server plays recorded answers in place of a model. Write them with "
        "metabot store cassette from telemetry of the evaluation itself, whose questions others do not answer; or by "
        "hand (docs/replay.md)."
    )
    yield _Setting(key="model_script", value="cassette.jsonl", why=why, live=False)
    given = {"OPENAI_BASE_URL": "{model}", "OPENAI_API_KEY": "none-needed"} if libraries & _OF_OPENAI else {}
    why = (
        "What evaluate is given: the application has to ask the model at {model}, and to write its spans to the file "
        "{telemetry}, under the names that it reads."
    )
    yield _Setting(key="environment", value={**given, "MY_SPANS": "{telemetry}"}, why=why, live=False)


def _publish(project: Project) -> Iterator[_Setting]:
    address = project.origin.address if project.origin is not None else None
    if address is None:
        return
    why = f"The remote origin is at {address.host}."
    if not address.is_github:
        why += (
            " If that is a GitHub Enterprise Server, take these lines in; else pull requests are kept in a folder here."
        )
    yield _Setting(key="kind", value="github", why=why, live=address.is_github)


def _github(project: Project) -> Iterator[_Setting]:
    address = project.origin.address if project.origin is not None else None
    if address is None:
        return
    live, defaults = address.is_github, Github.model_validate({})
    yield _Setting(key="repository", value=address.repository, why="The address of the remote origin.", live=live)
    if address.api_url != defaults.api_url:
        why = f"Where GitHub has its interface for {address.host}."
        yield _Setting(key="api_url", value=address.api_url, why=why, live=live)
    why = "The name of the environment variable that holds the token; docs/github.md says which one."
    yield _Setting(key="token_variable", value=defaults.token_variable, why=why, live=False)
