"""What the target's commands need installed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from repositories import commit, repository

from metabot.config import Settings
from metabot.errors import RepositoryError
from metabot.git import Repository
from metabot.verify.environment import TargetEnvironment, prepared, target_environment
from metabot.verify.unmet import Unmet

MakeSettings = Callable[..., Settings]
FILES = {"requirements.txt": "acme==1\n", "app/main.py": "x = 1\n"}
COUNTED = "import os, sys; os.makedirs(sys.argv[1], exist_ok=True); open(sys.argv[1] + '/runs', 'a').write('x')"


@pytest.fixture
def target(tmp_path: Path) -> Repository:
    return repository(tmp_path / "target", FILES)


def made(settings: Settings, target: Repository) -> TargetEnvironment | Unmet:
    revision = target.resolve("main")
    assert revision is not None
    return prepared(settings, target, revision, lambda _: None)


def folder(settings: Settings, target: Repository) -> Path:
    found = made(settings, target)
    assert isinstance(found, TargetEnvironment)
    assert found.folder is not None
    return found.folder


def test_no_setup_is_nothing_to_do(some_settings: MakeSettings, target: Repository) -> None:
    """Nothing is made, and {env} stands for nothing."""
    found = made(some_settings(), target)
    assert isinstance(found, TargetEnvironment)
    assert found.folder is None
    assert "env" not in found.places()


def test_setup_is_run_once(some_settings: MakeSettings, target: Repository) -> None:
    """The same command, manifests and interpreter share one environment."""
    settings = some_settings(target={"setup": f'{{python}} -c "{COUNTED}" {{env}}'})
    first = folder(settings, target)
    assert folder(settings, target) == first
    commit(target.path, {"app/main.py": "x = 2\n"})
    assert folder(settings, Repository(target.path)) == first
    assert (first / "runs").read_text() == "x"


def test_setup_may_call_the_installer_that_metabot_brings(some_settings: MakeSettings, target: Repository) -> None:
    """`{uv}` makes an environment of the interpreter that metabot runs on, without the network."""
    made_by_uv = folder(some_settings(target={"setup": "{uv} venv --offline --python {python} {env}"}), target)
    said = subprocess.run(
        [made_by_uv / "bin/python", "-c", "import sys; print(sys.prefix)"], check=True, capture_output=True, text=True
    )
    assert said.stdout.strip() == str(made_by_uv)


def test_an_environment_is_the_same_wherever_metabot_is_started(
    some_settings: MakeSettings, target: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A placeholder is no program of the folder that one stands in."""
    settings = some_settings(target={"setup": f'{{python}} -c "{COUNTED}" {{env}}'})
    first = folder(settings, target)
    monkeypatch.chdir(tmp_path)
    assert folder(settings, target) == first


def test_setup_is_run_again_when_what_goes_into_it_changes(some_settings: MakeSettings, target: Repository) -> None:
    """Another lock file or another command is another environment."""
    setup = f'{{python}} -c "{COUNTED}" {{env}}'
    first = folder(some_settings(target={"setup": setup}), target)
    second = folder(some_settings(target={"setup": f"{setup} && true"}), target)
    commit(target.path, {"requirements.txt": "acme==2\n"})
    third = folder(some_settings(target={"setup": setup}), Repository(target.path))
    assert len({first, second, third}) == 3


def test_setup_sees_the_base_and_named_variables_only(
    some_settings: MakeSettings, target: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It runs in the base's files, with a fresh home; secrets are passed on by name alone."""
    monkeypatch.setenv("A_SECRET", "secret")
    monkeypatch.setenv("WANTED", "wanted")
    monkeypatch.setenv("SSL_CERT_FILE", "/certificates")
    code = "import json, os, sys; json.dump([dict(os.environ), os.listdir()], open(sys.argv[1], 'w'))"
    seen = tmp_path / "seen"
    setup = f'{{python}} -c "{code}" {seen}'
    made(some_settings(target={"setup": setup, "setup_environment": ["WANTED", "ABSENT"]}), target)
    text = seen.read_text()
    assert "wanted" in text
    assert "/certificates" in text
    assert "requirements.txt" in text
    assert "A_SECRET" not in text
    assert str(Path.home()) + '"' not in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setup", "said"),
    [
        pytest.param("{python} -c \"raise SystemExit('no acme')\"", "no acme", id="a step fails"),
        pytest.param(
            "true && false && {python} -c \"open('/never','w')\"", "`false` exited with 1", id="the second fails"
        ),
        pytest.param("no-such-program", "exited with 127", id="no such program"),
        pytest.param("sleep 97", "ran out of time. Raise sandbox.seconds.", id="it takes too long"),
        pytest.param(
            "{python} -c \"open('large','wb').truncate(2**40)\"", "ran out of disk. Raise sandbox.disk_mb.", id="a file"
        ),
        pytest.param("test 1 -gt 2 | true", "No shell runs it: write sh -c", id="a pipe"),
        pytest.param("test -d {env}", "`test -d {env}` exited with 1. Run it by hand", id="no shell is wanted"),
        pytest.param(
            "{python} -c \"print('token=ghp_abcdefghijklmnopqrstuvwxyz0123456789'); 1/0\"", "[redacted", id="a secret"
        ),
    ],
)
def test_a_setup_that_fails(some_settings: MakeSettings, target: Repository, setup: str, said: str) -> None:
    """It stops at `sound`, with the step and its last output; nothing half made is kept."""
    settings = some_settings(target={"setup": setup}, sandbox={"seconds": 2})
    found = made(settings, target)
    assert isinstance(found, Unmet)
    assert (found.stage, found.reason) == ("sound", "setup failed")
    assert said in found.detail
    assert not [path for path in (settings.state / "environments").iterdir() if path.suffix != ".lock"]
    with pytest.raises(RepositoryError, match=r"mend target\.setup"):
        target_environment(
            some_settings(target={"setup": setup, "repository": str(target.path)}, sandbox={"seconds": 2})
        )


@pytest.mark.parametrize("wants", ["test", "evaluate", "benchmark"])
def test_a_setup_that_makes_no_folder(some_settings: MakeSettings, target: Repository, wants: str) -> None:
    """It is said where a command names it; an empty one serves where none does, as for what is installed elsewhere."""
    found = made(some_settings(target={"setup": "true", wants: "{env}/bin/python -m app"}), target)
    assert isinstance(found, Unmet)
    assert found.reason == "setup failed"
    assert f"made no {{env}}, which target.{wants} names" in found.detail
    assert list(folder(some_settings(target={"setup": "true"}), target).iterdir()) == []


def test_the_folder_of_the_base_branch(some_settings: MakeSettings, target: Repository) -> None:
    """The same folder that verification uses."""
    settings = some_settings(target={"setup": f'{{python}} -c "{COUNTED}" {{env}}', "repository": str(target.path)})
    assert target_environment(settings) == folder(settings, target)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"repository": ""}, "target.repository is empty", id="no repository"),
        pytest.param({"base_branch": "trunk"}, "has no branch trunk", id="no such branch"),
        pytest.param({"setup": ""}, "target.setup is empty", id="no setup"),
    ],
)
def test_what_is_missing_is_said(
    some_settings: MakeSettings, target: Repository, changes: dict[str, str], said: str
) -> None:
    """Where there can be no environment, the setting to mend is named."""
    with pytest.raises(RepositoryError, match=said):
        target_environment(some_settings(target={"repository": str(target.path), "setup": "true", **changes}))


KILLED = """
import sys
from pathlib import Path
from metabot import config
from metabot.verify.environment import target_environment
folder, target, setup = sys.argv[1:]
values = {"target": {"repository": target, "setup": setup}}
target_environment(config.parse(values, name="config.toml", root=Path(folder)))
"""


def test_a_killed_setup_is_begun_again(some_settings: MakeSettings, target: Repository, tmp_path: Path) -> None:
    """What SIGKILL left half made is not taken for whole, and is in nobody's way."""
    marker = tmp_path / "started"
    code = (
        "import os, sys, time; os.makedirs(sys.argv[1], exist_ok=True); open(sys.argv[1] + '/half', 'x'); "
        f"again = os.path.exists('{marker}'); open('{marker}', 'w'); again or time.sleep(97)"
    )
    setup = f'{{python}} -c "{code}" {{env}}'
    settings = some_settings(target={"setup": setup, "repository": str(target.path)})
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(settings.root), str(target.path), setup])
    while not marker.exists():
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert (target_environment(settings) / "half").exists()
    assert len(Repository(target.path).prune_worktrees(settings.state)) == 0
