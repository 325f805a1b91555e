"""What an evaluation's telemetry shows is read once, whoever asks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from repositories import commit

from analyzers.frames import CALLS, SPANS
from metabot.config import Settings
from metabot.generate.proposal import Proposal
from metabot.verify.measured import VerifiedProposal
from metabot.verify.shown import Shown
from metabot.verify.verification import Bench


@pytest.fixture
def telemetry(tmp_path: Path, toy_files: dict[str, str]) -> Path:
    """Of the toy's own evaluation: 20 traces of two spans."""
    commit(tmp_path / "toy", toy_files)
    path = tmp_path / "telemetry.jsonl"
    command = [sys.executable, "-m", "app.evaluate"]
    subprocess.run(command, cwd=tmp_path / "toy", env={**os.environ, "TELEMETRY": str(path)}, check=True)
    return path


def test_shows_every_frame(telemetry: Path, some_settings: Callable[..., Settings]) -> None:
    """Also after the file is gone."""
    shown = Shown.of(telemetry, some_settings())
    telemetry.unlink()
    assert shown is not None
    spans = shown.rows(SPANS).collect()
    assert (len(spans), spans["trace_id"].n_unique(), len(shown.rows(CALLS).collect())) == (40, 20, 0)


def test_shows_nothing(tmp_path: Path, some_settings: Callable[..., Settings]) -> None:
    """No file, or one of no format that is known; an empty one shows that nothing happened."""
    path = tmp_path / "telemetry.jsonl"
    assert Shown.of(None, some_settings()) is None
    path.write_bytes(b"\x00\x01\x02 no telemetry")
    assert Shown.of(path, some_settings()) is None
    path.write_bytes(b"")
    empty = Shown.of(path, some_settings())
    assert empty is not None
    assert empty.rows(SPANS).collect().is_empty()


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_is_left", "proved")
def test_is_read_once_for_all_proposals_of_a_pass(
    mending: Callable[..., Proposal],
    some_settings: Callable[..., Settings],
    tmp_path: Path,
    toy_files: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Twice at the base, and twice for each change."""
    commit(tmp_path / "target", toy_files)
    target = {
        "repository": str(tmp_path / "target"),
        "test": "{python} -m unittest",
        "evaluate": "{python} -m app.evaluate",
        "environment": {"TELEMETRY": "{telemetry}"},
    }
    read: list[Path | None] = []
    of = Shown.of

    def spied(telemetry: Path | None, settings: Settings) -> Shown | None:
        read.append(telemetry)
        return of(telemetry, settings)

    monkeypatch.setattr(Shown, "of", staticmethod(spied))
    with Bench.of_pass(some_settings(target=target), progress=lambda _: None) as bench:
        assert all(isinstance(bench.verify(mending()), VerifiedProposal) for _ in range(2))
    assert len(read) == 6
    assert None not in read
