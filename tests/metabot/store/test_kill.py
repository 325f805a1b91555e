"""A load that is killed, at several moments, and done again."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from metabot.store.store import Store, opened
from tests.metabot.store.plain import FORMAT, loaded, model, rows, span, with_event, write

ROOT = Path(__file__).parents[3]

LOAD = f"""
import sys
from pathlib import Path
from metabot.store.load import load
from metabot.store.store import opened
with opened(Path(sys.argv[1]), purpose="load", waiting=print) as store:
    print("open", flush=True)
    load(store, Path(sys.argv[2]), format="{FORMAT}", progress=lambda line: print(line, flush=True))
    print("loaded", flush=True)
"""


@pytest.fixture(scope="module")
def telemetry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    traces = [
        (
            with_event(span(f"{n}.a", n, trace=str(n), status="error")),
            model(f"{n}.b", n, 90, trace=str(n), parent_id=f"{n}.a", call={"input_tokens": n, "output_tokens": 1}),
            "broken",
        )
        for n in range(2000)
    ]
    return write(tmp_path_factory.mktemp("kill") / "a.jsonl", *(record for trace in traces for record in trace))


@pytest.fixture(scope="module")
def undisturbed(telemetry: Path) -> object:
    with Store.temporary() as store:
        loaded(store, telemetry)
        return rows(store)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        pytest.param("open", 0, id="before it reads"),
        pytest.param("open", 0.1, id="while it reads"),
        pytest.param("spans read", 0.02, id="while it joins"),
        pytest.param("spans read", 0.15, id="later, while it joins"),
        pytest.param("spans read", 0.4, id="still later, while it joins or commits"),
        pytest.param("loaded", 0, id="after it has committed"),
    ],
)
def test_killed_and_done_again_gives_the_same_rows(
    tmp_path: Path, telemetry: Path, undisturbed: object, line: str, seconds: float
) -> None:
    """Whenever SIGKILL comes, the store holds all of the file or nothing, and loading it again holds all, once."""
    path = tmp_path / "store.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", LOAD, str(path), str(telemetry)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert any(line in said for said in process.stdout)
        select.select([], [], [], seconds)
        os.kill(process.pid, signal.SIGKILL)
    with opened(path, purpose="again", waiting=lambda _: None) as store:
        assert store.spans() in (0, 4000)
        loaded(store, telemetry)
        assert rows(store) == undisturbed
        assert loaded(store, telemetry).spans == 0


@pytest.mark.slow
def test_killed_ten_times_at_random_and_done_once_more(tmp_path: Path, telemetry: Path, undisturbed: object) -> None:
    """One store, ten loads each killed at a moment that chance chooses, one load to the end: the rows of one load."""
    path = tmp_path / "store.duckdb"
    chance = random.Random(20261121)
    for _ in range(10):
        with subprocess.Popen(
            [sys.executable, "-c", LOAD, str(path), str(telemetry)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            select.select([], [], [], chance.uniform(0, 1.5))
            os.kill(process.pid, signal.SIGKILL)
    with opened(path, purpose="once more", waiting=lambda _: None) as store:
        loaded(store, telemetry)
        assert rows(store) == undisturbed
