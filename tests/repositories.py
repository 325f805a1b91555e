"""Small target repositories (real git) and findings about them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analyzers.finding import (
    Candidate,
    CodeAnchor,
    Exemplar,
    Finding,
    Fingerprint,
    Metric,
    PromptAnchor,
    Subject,
    Waste,
)
from analyzers.untrusted import Name, Untrusted
from metabot.git import Repository
from metabot.telemetry.pieces import cut

_IDENTITY = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    environment = {"PATH": os.environ["PATH"], **_IDENTITY}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.strip()


def commit(folder: Path, files: Mapping[str, str]) -> str:
    """Writes the files, commits everything on main and gives the commit's id."""
    if not (folder / ".git").exists():
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "-q", "-b", "main")
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "a change")
    return git(folder, "rev-parse", "HEAD")


def repository(folder: Path, files: Mapping[str, str]) -> Repository:
    commit(folder, files)
    return Repository(folder)


def anchor(file: str | None = None, function: str | None = None, line: int | None = None) -> CodeAnchor:
    return CodeAnchor(
        file=Untrusted(file) if file is not None else None,
        function=Untrusted(function) if function is not None else None,
        line=line,
    )


def prompt_anchor(static: str, *, leading_dynamic: int = 2) -> PromptAnchor:
    """A prompt whose fixed part is `static`, as an analyzer describes it."""
    pieces = cut(static)
    return PromptAnchor(
        static=tuple(piece.hash for piece in pieces),
        leading_dynamic=leading_dynamic,
        static_chars=sum(piece.chars for piece in pieces),
    )


def finding(analyzer: str, **columns: Any) -> Finding:
    """A finding as `control` hands it on, with what the test is about given by name."""
    share = analyzer == "recurring-error"
    waste = Waste(
        observed=Metric(value=0.15 if share else 1536.0, unit=_UNITS[analyzer], n=60),
        achievable=0.0,
        occurrences=9,
    )
    known: dict[str, Any] = {
        "analyzer": analyzer,
        "rule_version": 1,
        "subject": Subject(service=Name("desk"), operation=Name("GET")),
        "evidence": waste,
        "problem": "Something costs too much.",
        "e_value": None,
        "first_ns": 1,
        "last_ns": 2,
        "traces": 9,
        "traces_examined": 60,
        "cost_usd_per_call": None,
        "cost_unknown": "no price",
        "seconds_per_call": None,
        "exemplars": (Exemplar(trace_id="ab" * 16, span_id="cd" * 8),),
    }
    return Finding(
        fingerprint=Fingerprint("0123456789ab"),
        candidate=Candidate(**(known | columns)),
        cost_usd_per_month=None,
    )


_UNITS = {
    "prompt-cache-miss": "uncached input tokens per call",
    "serial-calls": "ms per trace",
    "recurring-error": "share of traces ended",
    "late-instructions": "uncached input tokens per call",
    "truncated-output": "share of calls",
    "runaway-output": "share of calls",
    "unused-tools": "input tokens per call",
    "format-retry": "share of calls",
}
