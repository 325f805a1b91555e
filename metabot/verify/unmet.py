"""A condition of a verdict that does not hold, and how a run that a limit ended or that failed is told."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from metabot.generate.proposal import Proposal
from metabot.stopped import Reason, Stage, Stopped
from metabot.verify.measured import CommandRun

_WANTS_NETWORK: Final = re.compile(
    "connection refused|econnrefused|network is unreachable|enetunreach|temporary failure in name resolution|"
    "name or service not known|getaddrinfo|could not resolve host|no such host|"
    r"is the server running|is the docker daemon running|\.s\.PGSQL\.|can't connect to local mysql server",
    re.IGNORECASE,
)
_WAITS: Final = "Or it waits for a service: in the sandbox there is no network, and nothing runs beside it. "
_SHOWN: Final = 1_000  # characters of a command's output that a stop quotes


class Unmet(NamedTuple):
    """A condition that does not hold."""

    stage: Stage
    reason: Reason
    detail: str


def stopped(proposal: Proposal, unmet: Unmet) -> Stopped:
    fingerprint = proposal.placed.finding.fingerprint
    return Stopped(finding=fingerprint, stage=unmet.stage, reason=unmet.reason, detail=unmet.detail)


def over_limit(run: CommandRun, stage: Stage) -> Unmet:
    if run.limit == "memory":
        return Unmet(stage, "out of memory", f"{_named(run)} used too much. Raise sandbox.memory_mb. {quoted(run)}")
    if run.limit == "disk":
        return Unmet(stage, "out of disk", f"{_named(run)} wrote too much. Raise sandbox.disk_mb. {quoted(run)}")
    detail = f"{_named(run)} was ended after {run.seconds:.0f} s. Raise sandbox.seconds. {_WAITS}{quoted(run)}"
    return Unmet(stage, "out of time", detail)


def wants_network(run: CommandRun) -> bool:
    return _WANTS_NETWORK.search(run.output) is not None


def _named(run: CommandRun) -> str:
    return f"`{' '.join(run.command)}` at {run.revision}"


def quoted(run: CommandRun) -> str:
    tail = run.output.strip()[-_SHOWN:]
    return f"{_named(run)} exited with {run.exit_code}" + (f":\n{tail}" if tail else " and printed nothing.")
