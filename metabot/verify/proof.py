"""The sandbox of a pass: found, tried, and only then used."""

from __future__ import annotations

from pathlib import Path

from metabot.config import Settings
from metabot.errors import SandboxError
from metabot.verify import bubblewrap, cgroup
from metabot.verify.backend import Unconfined
from metabot.verify.bubblewrap import Bubblewrap
from metabot.verify.canary import canary
from metabot.verify.limits import of
from metabot.verify.sandbox import Sandbox


def prove(settings: Settings, state: Path) -> Sandbox | SandboxError:
    """The sandbox that the settings ask for, its canary passed; or why there is none, and what to do.

    Called once per pass. `state` is metabot's own folder, which the canary tries to read from inside.
    """
    cgroup.sweep()
    wanted = settings.sandbox
    limits = of(wanted)
    if wanted.kind == "none":
        return Sandbox(backend=Unconfined(), limits=limits, read_only=wanted.read_only)
    try:
        backend = Bubblewrap(bubblewrap.find())
    except SandboxError as none:
        return none
    sandbox = Sandbox(backend=backend, limits=limits, read_only=wanted.read_only)
    missing = [str(path) for path in wanted.read_only if not path.exists()]
    if missing:
        return SandboxError(f"sandbox.read_only: {', '.join(missing)} is not there. Take it out, or make it.")
    return canary(sandbox, state) or sandbox
