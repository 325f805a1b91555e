"""Fixtures of everything that applications import."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from metabot_instrument.current import configure, settings
from metabot_instrument.signals.bus import Bus
from metabot_instrument.vocabulary import layers


@pytest.fixture
def declared() -> Iterator[None]:
    """What a test declares is gone afterwards."""
    known, named = dict(layers.LAYERS), dict(layers._NAMED)
    yield
    for now, before in ((layers.LAYERS, known), (layers._NAMED, named)):
        now.clear()
        now.update(before)


@pytest.fixture
def settings_kept() -> Iterator[None]:
    """What a test configures is as before afterwards."""
    before = asdict(settings())
    yield
    configure(**before)


@pytest.fixture
def bus() -> Iterator[Bus]:
    made = Bus()
    yield made
    made.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("this machine lets nobody mount a file system")
    yield disk
    subprocess.run(["umount", disk], check=True)
