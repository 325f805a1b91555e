"""Why a finding is not even placed: nobody may propose anything for it, or there is no repository."""

from __future__ import annotations

from typing import Final

from analyzers.finding import Finding
from metabot.stopped import Stopped

NAME_ONE: Final = "[target] repository names none. Name the repository that the telemetry comes from."


def without_repository(finding: Finding, detail: str) -> Stopped:
    return Stopped(finding=finding.fingerprint, stage="placed", reason="no repository", detail=detail)


def public(finding: Finding) -> Stopped:
    return Stopped(
        finding=finding.fingerprint,
        stage="placed",
        reason="public source",
        detail='it stands only with telemetry from a source of trust = "public", which may raise a finding and nothing '
        "more. Look at its exemplars; if the source's writers are your own, set its trust to internal.",
    )


def apart(finding: Finding) -> Stopped:
    return Stopped(
        finding=finding.fingerprint,
        stage="placed",
        reason="not production",
        detail="it was seen in tests or evaluations only: the environments that its traces name, or metabot's own "
        "service. If users are served there, name the environment otherwise (deployment.environment.name).",
    )


def switched_off(finding: Finding) -> Stopped:
    return Stopped(
        finding=finding.fingerprint,
        stage="placed",
        reason="analyzer switched off",
        detail=f"analyzers_off names {finding.candidate.analyzer}: in the settings, or in the repository's own file. "
        "Take it out there to have something proposed.",
    )
