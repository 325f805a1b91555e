"""Commands in the sandbox, with real causes: what they may do, what they may not, and what is left of them."""

from __future__ import annotations

import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from metabot.verify.process import Ended
from metabot.verify.sandbox import Sandbox

Inside = Callable[..., Ended]
pytestmark = pytest.mark.usefixtures("nothing_is_left")

HOG = "kept = []\nwhile True:\n    kept.append(bytearray(10_000_000))"
HOGS = """
import os, time
for _ in range(4):
    if os.fork() == 0:
        kept = bytearray(b"x" * 90_000_000)
        time.sleep(30)
time.sleep(30)
"""
BOMB = """
import os, time
started = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(30)
        started += 1
except OSError:
    print(started)
"""


def test_a_command_runs(either: Sandbox, inside: Inside) -> None:
    """Exit code, both streams in order, and standard output alone."""
    ended = inside(either, "import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(3)")
    assert (ended.exit_code, ended.limit, ended.stdout) == (3, None, "out\n")
    assert sorted(ended.output.split()) == ["err", "out"]


def test_a_command_that_is_not_there(either: Sandbox, inside: Inside) -> None:
    """It fails as in a shell, and the output says what is missing."""
    ended = inside(either, command=("no-such-command",))
    assert ended.exit_code != 0
    assert "no-such-command" in ended.output


def test_a_sleep_without_end_is_ended(either: Sandbox, inside: Inside) -> None:
    """Wall time ends the whole tree, also what tries to live on."""
    short = replace(either, limits=replace(either.limits, seconds=0.5))
    ended = inside(short, command=("sh", "-c", "trap '' TERM; setsid sleep 97 & sleep 97"))
    assert (ended.limit, ended.exit_code != 0) == ("time", True)


@pytest.mark.parametrize("code", [pytest.param(HOG, id="one process"), pytest.param(HOGS, id="several together")])
def test_a_memory_hog_is_ended(either: Sandbox, inside: Inside, code: str) -> None:
    """The limit is on all processes together, and the run says that memory ended it."""
    assert inside(either, code).limit == "memory"


def test_a_fork_bomb_is_held(either: Sandbox, inside: Inside) -> None:
    """It gets an error before it has started more processes than the limit."""
    ended = inside(either, BOMB)
    assert ended.exit_code == 0
    assert 0 < int(ended.stdout) <= either.limits.processes


def test_what_runs_on_is_ended(either: Sandbox, inside: Inside) -> None:
    """A process in a session of its own does not outlive the command."""
    assert inside(either, command=("sh", "-c", "setsid sleep 97 >/dev/null 2>&1 & exit 0")).exit_code == 0


def test_a_flood_of_output_keeps_its_end(either: Sandbox, inside: Inside) -> None:
    """Only the last lines are kept, and the command is not held up."""
    ended = inside(either, "for n in range(300_000): print(n)")
    assert ended.stdout.endswith("299999\n")
    assert len(ended.output) <= 4_000


@pytest.mark.slow
def test_ten_gigabytes_of_output(either: Sandbox, inside: Inside) -> None:
    """They are read and forgotten: our own memory does not grow with them, and their end is kept."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    patient = replace(either, limits=replace(either.limits, seconds=120))
    ended = inside(patient, command=("sh", "-c", "yes | head -c 10000000000; echo end"))
    assert (ended.exit_code, ended.limit, ended.stdout[-6:]) == (0, None, "y\nend\n")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB


FILLS = {
    "files below the limit of one": """
for n in range(10**6):
    with open(str(n), "wb") as file:
        file.write(bytes(5_000_000))""",
    "a file without end": """
with open("big", "wb") as file:
    while True:
        file.write(bytes(1_000_000))""",
    "empty files": """
for n in range(10**6):
    open(str(n), "w").close()""",
    "files that are open and removed": """
kept = []
while True:
    kept.append(open(str(len(kept)), "wb"))
    os.unlink(str(len(kept) - 1))
    kept[-1].write(bytes(5_000_000))""",
    "folders in folders": """
while True:
    os.mkdir("d")
    os.chdir("d")""",
}


@pytest.mark.slow
@pytest.mark.parametrize("fill", FILLS.values(), ids=FILLS)
def test_a_disk_is_not_filled(either: Sandbox, inside: Inside, fill: str) -> None:
    """The command ends, what ended it is said, and all that it wrote is removed."""
    small = replace(either, limits=replace(either.limits, disk_bytes=32 * 2**20))
    assert inside(small, f"import os\n{fill}").limit == "disk"


@pytest.mark.parametrize("place", ["HOME", "TMPDIR"])
def test_no_folder_is_without_a_limit(either: Sandbox, inside: Inside, place: str) -> None:
    """Wherever it writes."""
    code = f"import os\nos.chdir(os.environ[{place!r}]){FILLS['files below the limit of one']}"
    assert inside(either, code).limit == "disk"


def test_what_was_there_is_not_counted(either: Sandbox, inside: Inside, tmp_path: Path) -> None:
    """A repository that is larger than the limit can be tested: only what a command adds is limited."""
    tree = next((tmp_path / "runs").glob("run-*/tree"))
    (tree / "large").write_bytes(bytes(100_000_000))
    assert inside(either, command=("sh", "-c", "echo x > written; rm large")).limit is None


def test_a_file_has_a_limit(either: Sandbox, inside: Inside) -> None:
    """One file cannot grow over the limit between two looks."""
    ended = inside(either, "open('big', 'wb').truncate(10**12)")
    assert ended.exit_code != 0


def test_files_of_the_run_can_be_written(either: Sandbox, inside: Inside) -> None:
    """The working directory, the home, the temporary folder and shared memory are writable."""
    code = """
import multiprocessing, os, pathlib, tempfile
for folder in (".", os.environ["HOME"], tempfile.gettempdir()):
    pathlib.Path(folder, "written").write_text("x")
multiprocessing.Lock()
print("written")
"""
    assert inside(either, code).output == "written\n"


def test_the_environment_is_scrubbed(either: Sandbox, inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of ours is there but those that a program needs, and those given."""
    monkeypatch.setenv("A_TOKEN", "secret")
    ended = inside(either, "import os; print(sorted(os.environ))", environment={"GIVEN": "1"})
    assert set(eval(ended.stdout)) <= {"PATH", "HOME", "TMPDIR", "LANG", "GIVEN", "PWD", "LC_CTYPE", "_", "SHLVL"}
    assert "GIVEN" in ended.stdout


def test_no_network(proved: Sandbox, inside: Inside) -> None:
    """A server that really listens on this machine's loopback is not reached; the sandbox's own loopback works."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=2)"
        assert "Connection refused" in inside(proved, code).output
    assert "unreachable" in inside(proved, "import socket; socket.create_connection(('1.1.1.1', 443))").output
    own = """
import socket
server = socket.create_server(("localhost", 0))
socket.create_connection(("localhost", server.getsockname()[1]))
print("connected")
"""
    assert inside(proved, own).output == "connected\n"


@pytest.mark.parametrize("path", ["/etc/shadow", "/etc/ssh", "/var/log", "/run", "/sys", "/home", "/mnt"])
def test_the_machine_is_not_seen(proved: Sandbox, inside: Inside, path: str) -> None:
    """Folders of the machine that nothing in the sandbox needs are not there."""
    assert inside(proved, f"import os; print(os.path.exists({path!r}))").stdout == "False\n"


def test_the_home_is_not_seen(proved: Sandbox, inside: Inside, tmp_path: Path) -> None:
    """Of the user's home at most the folders on the way to the interpreter are there, and none of its files."""
    (tmp_path / "secret").write_text("secret")
    files = [str(file) for file in (*Path.home().iterdir(), *tmp_path.iterdir()) if file.is_file()]
    assert inside(proved, f"import os; print([f for f in {files!r} if os.path.exists(f)])").stdout == "[]\n"


def test_the_rest_cannot_be_written(proved: Sandbox, inside: Inside) -> None:
    """Neither the root of the sandbox nor what is shown in it."""
    for path in ("/x", "/usr/x", "/etc/x", "/dev/x", f"{sys.prefix}/x"):
        assert "Read-only file system" in inside(proved, f"open({path!r}, 'w')").output, path


def test_processes_of_the_machine_are_not_seen(proved: Sandbox, inside: Inside) -> None:
    """The command sees itself and what the sandbox needs, under numbers of its own."""
    ended = inside(proved, "import os; print(sorted(int(p) for p in os.listdir('/proc') if p.isdigit()))")
    assert eval(ended.stdout)[-1] < 10


def test_no_privileges(proved: Sandbox, inside: Inside) -> None:
    """No capability is held, none can be had, and there is no terminal to write to."""
    code = (
        "print(*(l.split()[1] for l in open('/proc/self/status') if l.startswith(('CapEff', 'CapBnd', 'NoNewPrivs'))))"
    )
    assert inside(proved, code).stdout == "0000000000000000 0000000000000000 1\n"
    assert "No such device" in inside(proved, "open('/dev/tty')").output


def test_what_is_named_is_shown(proved: Sandbox, inside: Inside, tmp_path: Path) -> None:
    """Folders of the settings are there to be read, at their own path."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/labels").write_text("seen")
    shown = replace(proved, read_only=(tmp_path / "data",))
    code = f"print(open({str(tmp_path / 'data/labels')!r}).read())"
    assert inside(shown, code).stdout == "seen\n"
    assert "No such file" in inside(proved, code).output


@pytest.fixture
def heard() -> Iterator[None]:
    """Where the tests run in the background of a shell, Ctrl-C is ignored otherwise."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_an_interrupt_leaves_nothing(either: Sandbox, inside: Inside) -> None:
    """Ctrl-C while a command runs ends the command before it is raised."""
    import _thread

    threading.Timer(1.0, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        inside(either, command=("sleep", "97"))
