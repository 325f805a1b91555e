"""The replay as a process of its own."""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.metabot.replay.chats import exchange, request
from tests.metabot.replay.chats import written as written_cassette

REPLAY = Path(__file__).parents[3] / "metabot" / "replay"
COMMAND = [sys.executable, "-m", "metabot.replay"]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.toml"
    path.write_text('model = "m"\n[[rules]]\ntext = "hi"\n', encoding="utf-8")
    return path


def test_imports_nothing_but_the_standard_library() -> None:
    """It runs on a bare Python in a sandbox."""
    imported = set()
    for path in REPLAY.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0
                imported.add(str(node.module))
    foreign = {name for name in imported if not name.startswith("metabot.replay")}
    assert {name.partition(".")[0] for name in foreign} <= sys.stdlib_module_names
    assert "http.server" in foreign


def test_runs_on_a_bare_python(script: Path, tmp_path: Path) -> None:
    """With site-packages switched off and only its own folder and the package's first file at hand."""
    bare = tmp_path / "bare" / "metabot"
    bare.mkdir(parents=True)
    (bare / "__init__.py").write_text((REPLAY.parent / "__init__.py").read_text(encoding="utf-8"), encoding="utf-8")
    (bare / "replay").symlink_to(REPLAY)
    done = subprocess.run(
        [sys.executable, "-S", "-m", "metabot.replay", script, "--then", "true"],
        env={"PYTHONPATH": str(bare.parent), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def then(script: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, str(script), "--then", *command],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_gets_the_address(script: Path) -> None:
    """For every literal {model} in its environment."""
    code = "import os, urllib.request as r; print(r.urlopen(os.environ['WHERE'] + '/models').status)"
    done = then(script, sys.executable, "-c", code, WHERE="{model}")
    assert (done.stdout, done.returncode) == ("200\n", 0)


def test_the_command_is_told_that_it_is_a_replay(script: Path) -> None:
    """By METABOT_REPLAY=1, so that what has side effects can refuse; the tools' address stands beside the model's."""
    code = "import os; print(os.environ['METABOT_REPLAY'], os.environ['TOOLS'].endswith('/tools'))"
    done = then(script, sys.executable, "-c", code, TOOLS="{tools}")
    assert done.stdout == "1 True\n"


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        pytest.param("raise SystemExit(0)", 0, id="good"),
        pytest.param("raise SystemExit(7)", 7, id="its own"),
        pytest.param("import os; os.kill(os.getpid(), 9)", 137, id="killed"),
    ],
)
def test_the_exit_code_is_the_commands(script: Path, code: str, exit_code: int) -> None:
    """128 and the signal's number where a signal ended it."""
    assert then(script, sys.executable, "-c", code).returncode == exit_code


def test_a_command_that_is_not_there(script: Path) -> None:
    """Exit code 127, as a shell has it."""
    done = then(script, "no-such-command-anywhere")
    assert done.returncode == 127
    assert "no-such-command-anywhere cannot be started" in done.stderr


def test_a_broken_script_ends_with_2(tmp_path: Path) -> None:
    """Before anything listens or runs."""
    path = tmp_path / "broken.toml"
    path.write_text('model = "m"\n[[rules]]\nname = "x"\n', encoding="utf-8")
    done = then(path, "true")
    assert done.returncode == 2
    assert done.stderr == f"{path}: rule 1 (x): answers nothing: give it text, json or tool_calls.\n"


def ended(pid: int) -> bool:
    """Within ten seconds."""
    for _ in range(500):
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def written(path: Path) -> str:
    for _ in range(500):
        if path.exists() and (text := path.read_text(encoding="utf-8")).endswith("\n"):
            return text.strip()
        time.sleep(0.02)
    raise AssertionError(f"{path} was not written")


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")


@needs_proc
def test_a_signal_reaches_the_command(script: Path, tmp_path: Path) -> None:
    """SIGTERM to the replay is SIGTERM to the command, whose exit code comes back."""
    ready = tmp_path / "ready"
    code = (
        "import os, pathlib, signal, sys, time; signal.signal(15, lambda *_: sys.exit(33));"
        f"pathlib.Path({str(ready)!r}).write_text(f'{{os.getpid()}}\\n'); time.sleep(60)"
    )
    with subprocess.Popen([*COMMAND, str(script), "--then", sys.executable, "-c", code]) as replay:
        child = int(written(ready))
        replay.send_signal(signal.SIGTERM)
        assert replay.wait(30) == 33
        assert ended(child)


@needs_proc
@pytest.mark.parametrize("how", ["the command ends", "the replay is killed"])
def test_no_process_is_left_behind(script: Path, tmp_path: Path, how: str) -> None:
    """What the command started in its session ends with it; the command ends with a killed replay."""
    left, own = tmp_path / "left", tmp_path / "own"
    rest = "0" if how == "the command ends" else "60"
    shell = f"sleep 60 & echo $! > {left}; echo $$ > {own}; sleep {rest}"
    with subprocess.Popen([*COMMAND, str(script), "--then", "sh", "-c", shell]) as replay:
        grandchild, child = int(written(left)), int(written(own))
        if how == "the command ends":
            assert replay.wait(30) == 0
            assert ended(grandchild)
        else:
            replay.kill()
            replay.wait(30)
            os.kill(grandchild, signal.SIGKILL)
        assert ended(child)


def test_serves_until_it_is_ended(script: Path, tmp_path: Path) -> None:
    """Without a command: the port stands in the file once it answers; SIGTERM ends it with 0."""
    port_file = tmp_path / "port"
    with subprocess.Popen(
        [*COMMAND, str(script), "--port-file", str(port_file)], stderr=subprocess.PIPE, text=True
    ) as replay:
        port = int(written(port_file))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models") as answer:
            assert answer.status == 200
        replay.send_signal(signal.SIGTERM)
        _, said = replay.communicate(timeout=30)
        assert (replay.returncode, said) == (0, f"replay: m at http://127.0.0.1:{port}/v1\n")


def test_ends_with_whoever_holds_its_input(script: Path, tmp_path: Path) -> None:
    """A pipe whose other end was closed, as the kernel closes it for a process that is killed."""
    port_file = tmp_path / "port"
    command = [*COMMAND, str(script), "--port-file", str(port_file), "--until-stdin-closes"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as replay:
        written(port_file)
        assert replay.poll() is None
        assert replay.stdin is not None
        replay.stdin.close()
        assert replay.wait(30) == 0


def test_a_taken_port_is_refused(script: Path, tmp_path: Path) -> None:
    """With exit code 2 and a remedy."""
    port_file = tmp_path / "port"
    with subprocess.Popen([*COMMAND, str(script), "--port-file", str(port_file)], stderr=subprocess.DEVNULL) as replay:
        port = written(port_file)
        done = subprocess.run(
            [*COMMAND, str(script), "--port", port, "--then", "true"], capture_output=True, text=True, check=False
        )
        replay.terminate()
    assert done.returncode == 2
    assert "Choose another port" in done.stderr


ASK = (
    "import json, os, urllib.request as r; "
    "b = json.dumps({'model': 'm', 'messages': [{'role': 'user', 'content': 'hi'}]}).encode(); "
    "print(json.load(r.urlopen(os.environ['WHERE'] + '/chat/completions', b))['choices'][0]['message']['content'])"
)


def test_a_cassette_is_played_and_summed_up(tmp_path: Path) -> None:
    """Whatever the file is called; at the end stands on stderr and in the summary what was matched how."""
    cassette = written_cassette(tmp_path / "any.toml", exchange(request("hi"), "hello"))
    summary = tmp_path / "summary.json"
    done = subprocess.run(
        [*COMMAND, cassette, "--summary", summary, "--then", sys.executable, "-c", ASK],
        env={**os.environ, "WHERE": "{model}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "hello\n")
    assert done.stderr.startswith("replay: requests: 1 by hash, 0 by sequence, 0 by nearest, 0 missing, 0 malformed")
    values = json.loads(summary.read_text(encoding="ascii"))
    assert (values["schema"], values["matched"]["hash"]) == ("metabot.replay-summary/1", 1)


def test_a_scripts_summary_counts_its_rules(script: Path, tmp_path: Path) -> None:
    """The same file for both, so that one reader does."""
    summary = tmp_path / "summary.json"
    arguments = [*COMMAND, script, "--summary", summary, "--then", sys.executable, "-c", ASK]
    subprocess.run(arguments, env={**os.environ, "WHERE": "{model}"}, capture_output=True, check=True)
    matched = json.loads(summary.read_text(encoding="ascii"))["matched"]
    assert matched == {"rule": 1, "hash": 0, "sequence": 0, "nearest": 0}


def test_a_broken_cassette_ends_with_2(tmp_path: Path) -> None:
    """Before anything listens or runs, with its line."""
    path = tmp_path / "torn.jsonl"
    path.write_text('{"schema": "metabot.cassette/1"}\n{"kind": "mod', encoding="utf-8")
    done = then(path, "true")
    assert done.returncode == 2
    assert done.stderr.startswith(f"{path}: line 2: is torn or no JSON")


@pytest.mark.parametrize(("options", "marks"), [((), "1 1"), (("--unmarked",), "None None")])
def test_the_mark_can_be_left_out(script: Path, options: tuple[str, ...], marks: str) -> None:
    """In the command's environment and in every answer, for a look that it must not notice."""
    asking = (
        "import os, urllib.request as u;"
        "print(os.environ.get('METABOT_REPLAY'), u.urlopen(os.environ['URL'] + '/models').headers['X-Metabot-Replay'])"
    )
    command = [*COMMAND, script, *options, "--then", sys.executable, "-c", asking]
    environ = {**os.environ, "URL": "{model}"}
    environ.pop("METABOT_REPLAY", None)
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == marks


def test_its_address_can_be_written_by_name(script: Path) -> None:
    """For a look that a program must not know by it; what listens is the same."""
    asking = "import os, urllib.request as u; print(os.environ['URL'], u.urlopen(os.environ['URL'] + '/models').status)"
    command = [*COMMAND, script, "--called", "localhost", "--then", sys.executable, "-c", asking]
    done = subprocess.run(command, env={**os.environ, "URL": "{model}"}, check=True, capture_output=True, text=True)
    assert re.fullmatch(r"http://localhost:\d+/v1 200\n", done.stdout)


@needs_proc
def test_a_session_of_its_own_is_ended_too(script: Path, tmp_path: Path) -> None:
    """Also where the process that started it is gone, and before the exit code is told."""
    left = tmp_path / "left"
    shell = f"(setsid sh -c 'echo $$ > {left}; exec sleep 60' &); until [ -s {left} ]; do sleep 0.01; done; exit 5"
    assert then(script, "sh", "-c", shell).returncode == 5
    assert not Path(f"/proc/{written(left)}").exists()


def test_what_lies_in_the_summarys_place_is_replaced(script: Path, tmp_path: Path) -> None:
    """Also where it is written first: a link that the command put there leads nowhere."""
    summary, elsewhere = tmp_path / "summary.json", tmp_path / "elsewhere"
    code = f"import os; [os.symlink({str(elsewhere)!r}, {str(summary)!r} + end) for end in ('', '.part')]"
    arguments = [*COMMAND, script, "--summary", summary, "--then", sys.executable, "-c", code]
    subprocess.run(arguments, capture_output=True, check=True)
    assert not elsewhere.exists()
    assert not summary.is_symlink()
    assert json.loads(summary.read_text(encoding="ascii"))["requests"] == 0
