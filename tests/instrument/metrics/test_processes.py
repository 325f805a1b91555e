"""The multiprocess mode, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_WORKER = """
from metabot_instrument import meter
meter.tokens_used.inc({tokens}, vendor="openai")
meter.agents_active.set(1, agent_type="fixer")
meter.efficiency.set({efficiency})
meter.agent_latency.observe(0.2, action="search")
print("ready", flush=True)
input()
"""
_SHOW = """
from metabot_instrument import exposition, failures
print(exposition("application/openmetrics-text")[0].decode(), failures())
"""


def _python(code: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _said(code: str, folder: Path) -> str:
    process = _python(code, folder)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return said


@contextmanager
def working(folder: Path, **values: float) -> Iterator[subprocess.Popen[str]]:
    """A worker that has counted and lives on."""
    with _python(_WORKER.format(**values), folder) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_all_processes_are_shown_together(tmp_path: Path) -> None:
    """Counters and histograms add up, agents are those at work, a level is the one set last; units stay."""
    with working(tmp_path, tokens=3, efficiency=0.2), working(tmp_path, tokens=4, efficiency=0.9):
        said = _said(_SHOW, tmp_path)
    assert 'pforge_tokens_used_total{vendor="openai"} 7.0' in said
    assert 'pforge_agents_active{agent_type="fixer"} 2.0' in said
    assert "pforge_efficiency 0.9" in said
    assert 'agent_latency_seconds_bucket{action="search",le="0.25"} 2.0' in said
    assert "# UNIT agent_latency_seconds seconds" in said
    assert "pforge_entropy 0" not in said
    assert said.strip().endswith("# EOF\n {}")


def test_a_killed_process_leaves_its_sums_and_takes_its_agents_along(tmp_path: Path) -> None:
    """Without a word of its own: it has no chance to say that it ends. What it wrote last of a level stays."""
    with working(tmp_path, tokens=3, efficiency=0.2):
        with working(tmp_path, tokens=4, efficiency=0.9) as killed:
            killed.send_signal(signal.SIGKILL)
            killed.wait()
        said = _said(_SHOW, tmp_path)
    assert 'pforge_tokens_used_total{vendor="openai"} 7.0' in said
    assert 'pforge_agents_active{agent_type="fixer"} 1.0' in said
    assert "pforge_efficiency 0.9" in said


@pytest.mark.parametrize("torn", [b"", b"\x10", b"\xff\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\x00" + bytes(300)])
def test_a_torn_file_costs_itself_alone(tmp_path: Path, torn: bytes) -> None:
    """A process that was killed while it made it; it is counted."""
    (tmp_path / "counter_1.db").write_bytes(torn)
    with working(tmp_path, tokens=3, efficiency=0.2):
        said = _said(_SHOW, tmp_path)
    assert 'pforge_tokens_used_total{vendor="openai"} 3.0' in said
    assert said.strip().endswith("{'metrics': 1}")


def test_a_number_that_another_process_got_since_is_no_agent(tmp_path: Path) -> None:
    """The file was last written before the process of its number began."""
    with working(tmp_path, tokens=3, efficiency=0.2) as killed:
        number = killed.pid
    (file,) = tmp_path.glob(f"gauge_livesum_{number}.db")
    other = file.rename(tmp_path / f"gauge_livesum_{os.getpid()}.db")
    os.utime(other, (0, 0))
    assert "pforge_agents_active{" not in _said(_SHOW, tmp_path)


def test_a_forked_child_counts_for_itself(tmp_path: Path) -> None:
    """What its parent counted is in the parent's file, once."""
    code = """
        import os
        from metabot_instrument import exposition, meter
        meter.ticks.inc()
        child = os.fork()
        meter.ticks.inc()
        if not child:
            os._exit(0)
        os.waitpid(child, 0)
        print(exposition()[0].decode())
    """
    assert "pforge_ticks_total 3.0" in _said(code, tmp_path)


def test_a_child_pushes_no_level_that_it_did_not_set(tmp_path: Path) -> None:
    """What its parent set is the parent's; 0 would be a false efficiency."""
    code = """
        import os
        from metabot_instrument import meter
        meter.efficiency.set(0.9)
        child = os.fork()
        if not child:
            os._exit("pforge_efficiency" in {family.name for family in meter.collect()})
        print(os.waitpid(child, 0)[1])
    """
    assert _said(code, tmp_path) == "0\n"


@pytest.mark.parametrize("folder", ["not/there/yet", "file/below"])
def test_a_folder_that_is_not_there_breaks_nothing(tmp_path: Path, folder: str) -> None:
    """It is made; where it cannot be, the process counts for itself, and that is said."""
    (tmp_path / "file").touch()
    said = _said("from metabot_instrument import meter\nmeter.ticks.inc()" + _SHOW, tmp_path / folder)
    assert "pforge_ticks_total 1.0" in said
    assert ("{'metrics': 1}" in said) == (folder == "file/below")


_CALLER = """
    from metabot_instrument import TokenBudget
    budget = TokenBudget("openai", 100)
    input()
    for _ in range(10):
        with budget.reserve(7) as held:
            if held.decision != "deny":
                held.settle(7)
"""


def test_processes_share_a_budget(tmp_path: Path) -> None:
    """Four of them, ten calls of seven tokens each: fourteen are let through, which is 98 of 100."""
    callers = [_python(_CALLER, tmp_path) for _ in range(4)]
    for caller in callers:
        caller.communicate("\n", timeout=60)
    assert [caller.returncode for caller in callers] == [0] * 4
    said = _said("from metabot_instrument import TokenBudget as T; print(T('openai', 100).used())", tmp_path)
    assert said == "98.0\n"


def test_what_a_killed_process_had_reserved_is_free_again(tmp_path: Path) -> None:
    """It will never settle."""
    code = """
        from metabot_instrument import TokenBudget
        held = TokenBudget("openai", 100).reserve(80)
        print(held.decision, flush=True)
        input()
    """
    look = "from metabot_instrument import TokenBudget as T; print(T('openai', 100).decide(50))"
    with _python(code, tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "allow\n"
        assert _said(look, tmp_path) == "deny\n"
        process.kill()
        process.wait()
        assert _said(look, tmp_path) == "allow\n"


_GONE = """
import shutil
from fastapi import FastAPI
from fastapi.testclient import TestClient
from metabot_instrument import TokenBudget, exposition, failures, meter
from metabot_instrument.serving import router
application = FastAPI()
application.include_router(router(token_variable=None))
client = TestClient(application)
meter.ticks.inc()
assert b"pforge_ticks_total 1.0" in client.get("/metrics").content
shutil.rmtree({folder!r})
print(exposition()[0], client.get("/metrics").status_code, TokenBudget("openai", 100).decide(), failures())
"""


def test_a_folder_that_is_gone_is_no_empty_answer(tmp_path: Path) -> None:
    """Which Prometheus would take for a process that counts nothing: 503, counted, and a budget is denied."""
    folder = tmp_path / "values"
    said = _said(_GONE.format(folder=str(folder)), folder)
    assert said.startswith("b'' 503 deny {'metrics': 2, 'budget': ")
