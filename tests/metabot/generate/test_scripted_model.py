"""A script in place of the model: served while it is wanted, and gone with the pass, however that ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from metabot.errors import SettingsError
from metabot.generate.scripted_model import serving

SERVES = """
import sys, time
from pathlib import Path
from metabot.generate.scripted_model import serving
with serving(Path(sys.argv[1])) as served:
    print(served.base_url, flush=True)
    time.sleep(97)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "script.toml").write_text("model = 'played'\n[[rules]]\nname = 'all'\ntext = 'yes'\n")
    return tmp_path / "script.toml"


def answers(base_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base_url}/models", timeout=10):
            return True
    except OSError:
        return False


def test_answers_while_it_is_wanted(script: Path) -> None:
    """Under the name that the script plays; nobody listens afterwards."""
    with serving(script) as served:
        assert served.name == "played"
        assert answers(served.base_url)
    assert not answers(served.base_url)


def test_is_gone_with_a_pass_that_is_killed(script: Path, tmp_path: Path) -> None:
    """SIGKILL: its server ends at once, and its folder goes when the next one is made there."""
    (tmp_path / "tmp").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    command = [sys.executable, "-c", SERVES, str(script)]

    def killed() -> str:
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            base_url = process.stdout.readline().strip()
            assert answers(base_url)
            process.kill()
        return base_url

    base_url = killed()
    until = time.monotonic() + 30
    while answers(base_url) and time.monotonic() < until:
        time.sleep(0.02)
    assert not answers(base_url)
    (left,) = (tmp_path / "tmp").iterdir()
    killed()
    assert not left.exists()


def test_a_script_that_is_broken_is_told_before_anything_is_served(tmp_path: Path) -> None:
    """With the setting's name."""
    (tmp_path / "broken.toml").write_text("model = 1\n")
    with pytest.raises(SettingsError, match=r"\[model\] script"), serving(tmp_path / "broken.toml"):
        pass
