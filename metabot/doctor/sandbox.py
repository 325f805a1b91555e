"""The sandbox: made like for a pass, with the canary that tries to get out of it."""

from __future__ import annotations

from collections.abc import Iterator

from metabot.config import Settings
from metabot.doctor.line import Line, of_error, ok, warning
from metabot.errors import SandboxError
from metabot.verify.proof import prove


def sandbox(settings: Settings) -> Iterator[Line]:
    """Takes a second or two: a probe tries the network, files, secrets and processes outside."""
    if settings.sandbox.kind == "none":
        yield warning(
            '[sandbox] kind = "none": the repository\'s commands run unconfined, and every pull request says so',
            'Write kind = "bwrap".',
        )
        return
    found = prove(settings, settings.state.resolve())
    yield of_error(found) if isinstance(found, SandboxError) else ok(f"{found.kind} holds what the canary tried")
