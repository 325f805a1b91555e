"""Where the target repository's commands run: without network, secrets, or sight of the machine.

Two kinds with one interface. `bwrap` is bubblewrap; `none` is a word that the user must write: the same scrubbed
environment and the same limits, and nothing else in the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from metabot.verify import bubblewrap
from metabot.verify.job import Job
from metabot.verify.limits import Limits
from metabot.verify.process import Ended, run

_SYSTEM_PATH: Final = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    bwrap: Path | None  # None: the user wrote sandbox.kind = "none"
    limits: Limits
    read_only: tuple[Path, ...] = ()

    @property
    def kind(self) -> Literal["bwrap", "none"]:
        return "none" if self.bwrap is None else "bwrap"

    def run(self, job: Job) -> Ended:
        """Runs a command to its end. Nothing of it is left afterwards but what stands in the job's own folders."""
        shown = replace(job, read_only=(*job.read_only, *self.read_only))
        environment = {**_environment(job, self.kind), **job.environment}
        if self.bwrap is None:
            return run(job.command, cwd=job.tree, environment=environment, limits=self.limits)
        # The job's variables go in by the command line: outside, a loader's variable would act on bubblewrap itself.
        command = bubblewrap.command(self.bwrap, shown, environment)
        return run(command, cwd=job.tree, environment={"PATH": _SYSTEM_PATH}, limits=self.limits)


def _environment(job: Job, kind: Literal["bwrap", "none"]) -> Mapping[str, str]:
    return {
        "PATH": ":".join([*(str(folder) for folder in job.path), _SYSTEM_PATH]),
        "HOME": str(job.scratch.home),
        "TMPDIR": bubblewrap.TEMPORARY if kind == "bwrap" else str(job.scratch.temporary),
        "LANG": "C.UTF-8",
    }
