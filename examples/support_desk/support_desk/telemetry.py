"""Where the spans go: into the file that SUPPORT_DESK_TELEMETRY names, or nowhere."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from support_desk import __version__
from support_desk.otlp_file import OtlpFileExporter


@contextmanager
def recording(environment: str) -> Iterator[None]:
    """Records every span until the end of the block, where the last ones are written."""
    file = os.environ.get("SUPPORT_DESK_TELEMETRY")
    if not file:
        yield
        return
    provider = TracerProvider(resource=_resource(environment))
    provider.add_span_processor(BatchSpanProcessor(OtlpFileExporter(Path(file)), schedule_delay_millis=1000))
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()


def _resource(environment: str) -> Resource:
    attributes = {
        "service.name": "support-desk",
        "service.version": __version__,
        "deployment.environment.name": environment,
    }
    revision = _revision()
    if revision is not None:
        attributes["vcs.ref.head.revision"] = revision
    return Resource.create(attributes)


def _revision() -> str | None:
    """The commit that runs, where the application runs from a git checkout."""
    try:
        git = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return git.stdout.strip() if git.returncode == 0 else None
