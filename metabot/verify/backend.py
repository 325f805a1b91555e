"""What shuts a command in: one interface, one file for each way. A container's would be another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from metabot.verify.job import Job
from metabot.verify.scratch import Scratch

SYSTEM_PATH: Final = "/usr/local/bin:/usr/bin:/bin"


class Start(NamedTuple):
    """What is really started, in the job's tree."""

    command: tuple[str, ...]
    environment: Mapping[str, str]


class Backend(Protocol):
    @property
    def name(self) -> str:
        """As `sandbox.kind` names it, and as every measurement keeps it."""

    def temporary(self, folders: Scratch) -> str:
        """Where the command finds its temporary folder."""

    def start(self, job: Job, environment: Mapping[str, str]) -> Start:
        """The job's command, shut in, and the environment that it sees."""


@dataclass(frozen=True, slots=True)
class Unconfined:
    """`none`, a word that the user must write: the same scrubbed environment and limits, and nothing in the way."""

    name: str = "none"

    def temporary(self, folders: Scratch) -> str:
        return str(folders.temporary)

    def start(self, job: Job, environment: Mapping[str, str]) -> Start:
        return Start(job.command, environment)
