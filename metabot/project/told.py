"""What was found in a project, in words: a line for each subject, and what to do where nothing was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from metabot.project.project import Project
from metabot.project.uses import Use

_NAMED: Final = 4  # of a kind, in one line
MOST_SOURCES: Final = 5  # that are written into the settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    subject: str
    found: str
    todo: str = ""  # empty: nothing is missing


def told(project: Project) -> list[Told]:
    """In the order in which a person asks."""
    return [
        _languages(project),
        _model_calls(project),
        _instrumentation(project),
        _services(project),
        _telemetry(project),
        _tests(project),
        _evaluation(project),
        _repository(project),
    ]


def day(moment_ns: int) -> str:
    return datetime.fromtimestamp(moment_ns / 1e9, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")


def listed(names: Sequence[str]) -> str:
    """The first few, and how many more."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _languages(project: Project) -> Told:
    found = ", ".join(f"{name} ({counted(files, 'file')})" for name, files in project.languages)
    limit = "" if project.whole else "; it has more files than were looked at"
    todo = "" if found else "Name the folder of the application: metabot init PATH."
    return Told(subject="languages", found=(found or "none that is known") + limit, todo=todo)


def counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _model_calls(project: Project) -> Told:
    calls = project.used("model")
    todo = "" if calls else "If another repository calls the model, run metabot init there."
    return Told(subject="model calls", found=_where(calls) or "none", todo=todo)


def _instrumentation(project: Project) -> Told:
    uses = project.used("instrumentation")
    todo = "Without telemetry metabot sees nothing: record calls with OpenTelemetry, or log requests."
    if uses or project.recordings:  # something records, wherever it stands
        todo = ""
    return Told(subject="instrumentation", found=_where(uses) or "none", todo=todo)


def _where(uses: Sequence[Use]) -> str:
    return listed([f"{use.where} ({use.library})" for use in uses])


def _services(project: Project) -> Told:
    found = listed([f"{service.name} ({service.where})" for service in project.services])
    todo = "" if found else "All services of the telemetry are taken; [target] services narrows that."
    return Told(subject="services", found=found or "none is named", todo=todo)


def _telemetry(project: Project) -> Told:
    if not project.recordings:
        todo = "Name a file, a folder or a glob of it in [[sources]]; docs/formats.md lists what is read."
        return Told(subject="telemetry", found="none was recognised in this folder", todo=todo)
    found = listed([f"{one.pattern} ({one.format}, {counted(one.files, 'file')})" for one in project.recordings])
    left_out = len(project.recordings) - MOST_SOURCES
    todo = f"{left_out} of these are not written as sources; name them yourself." if left_out > 0 else ""
    return Told(subject="telemetry", found=found, todo=todo)


def _tests(project: Project) -> Told:
    commands = project.commands
    if commands.defaults.unknown is not None:
        todo = f"Write the command into [target] test: {commands.defaults.unknown}."
        return Told(subject="tests", found="no command", todo=todo)
    return Told(subject="tests", found=f"{commands.defaults.test} ({commands.how}; not tried)")


UNTIMED: Final = (
    "Its records have no calendar time, so that a pass, which scores the latest hours, takes none of them; "
    "metabot analyze FILE does."
)
NO_NETWORK: Final = (
    "It is run without network: record it once with the model, write the answers with metabot store cassette, name "
    "them in [target] model_script, and give the application the address {model} in [target] environment."
)
NO_EVALUATION: Final = (
    "Without one no change can be measured before a merge, and none is opened. Write a program whose last line is "
    '{"score": 0.9, "cases": 20}, and name it in [target] evaluate.'
)


def _evaluation(project: Project) -> Told:
    found = listed([one.path for one in project.evaluations])
    best = next(iter(project.evaluations), None)
    todo = NO_EVALUATION
    if best is not None and best.ready:
        todo = NO_NETWORK if project.used("model") else ""
    elif best is not None and best.prints_score:
        todo = f"{best.path} takes arguments: name it with them in [target] evaluate."
    return Told(subject="evaluation", found=found or "none", todo=todo)


def _repository(project: Project) -> Told:
    origin = project.origin
    if origin is None:
        todo = "Findings are shown and nothing is proposed until [target] repository names one: git init."
        return Told(subject="repository", found="not a git repository", todo=todo)
    if origin.base_branch is None:
        return Told(subject="repository", found="git, without a commit", todo="Commit once: changes start from there.")
    if origin.address is not None:
        todo = "" if origin.address.is_github else "If that is a GitHub Enterprise Server, see [publish] and [github]."
        return Told(subject="repository", found=f"{origin.address.host} {origin.address.repository}", todo=todo)
    todo = "" if origin.has_remote else "Pull requests need a remote: git remote add origin ADDRESS."
    return Told(subject="repository", found=f"git, branch {origin.base_branch}, not on GitHub", todo=todo)
