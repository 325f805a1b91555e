"""Where the target repository's commands run: without network, secrets, or sight of the machine.

What shuts them in is a backend; the scrubbed environment, the limits and the end of every process are the same with
each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from metabot.verify.backend import SYSTEM_PATH, Backend
from metabot.verify.job import Job
from metabot.verify.limits import Limits
from metabot.verify.process import Ended, Stop, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    backend: Backend
    limits: Limits
    read_only: tuple[Path, ...] = ()

    @property
    def kind(self) -> str:
        return self.backend.name

    def run(self, job: Job, *, stop: Stop | None = None) -> Ended:
        """Runs a command to its end, or to `stop`. Of it nothing is left but what stands in the job's own folders."""
        shown = replace(job, read_only=(*job.read_only, *self.read_only))
        start = self.backend.start(shown, {**self._environment(job), **job.environment})
        writable = (job.scratch.root, job.tree)
        return run(
            start.command,
            cwd=job.tree,
            environment=start.environment,
            limits=self.limits,
            writable=writable,
            stop=stop,
        )

    def _environment(self, job: Job) -> Mapping[str, str]:
        return {
            "PATH": ":".join([*(str(folder) for folder in job.path), SYSTEM_PATH]),
            "HOME": str(job.scratch.home),
            "TMPDIR": self.backend.temporary(job.scratch),
            "LANG": "C.UTF-8",
        }
