"""Runs inside the sandbox and tries to get out: a program of its own, standard library only.

    python -I -S probe.py bait.json

The file names what stands outside: {"port", "marker", "socket", "process", "unreadable": […],
"unwritable": […], "processes"}.
Its last line is a JSON list of what it could do and should not have been able to do.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

# Addresses set aside for documentation (RFC 5737, RFC 3849): connecting a datagram socket sends nothing, it only asks
# for a route, and an address of nobody's has one wherever a public address has.
_PUBLIC = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


_PTRACE_SEIZE = 0x4206  # linux/ptrace.h; it lets go when the probe ends


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    tries = (_network, _files, _environment, _processes, _signals, _forks)
    holes = [hole for attempt in tries for hole in attempt(plan)]
    sys.stdout.write(json.dumps(holes) + "\n")


def _network(plan: dict[str, Any]) -> Iterator[str]:
    if _connects(socket.AF_INET, ("127.0.0.1", plan["port"])):
        yield "a server on this machine's loopback answers"
    if _connects(socket.AF_UNIX, "\0" + plan["marker"]):
        yield "an abstract socket of this machine answers"
    if _finds(Path(plan["socket"])):
        yield "a socket with a path of this machine answers"
    for family, address in _PUBLIC:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as sender:
            sender.connect((address, 443))
            yield f"there is a route to {address}, a public address"
    others = [name for _, name in socket.if_nameindex() if name != "lo"]
    if others:
        yield f"network interfaces are there: {', '.join(others)}"


def _connects(family: int, address: Any) -> bool:
    with suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as caller:
        caller.settimeout(2)
        caller.connect(address)
        return True
    return False


def _finds(path: Path) -> bool:
    """By way of its folder: a socket's path may be no longer than 107 bytes (unix(7))."""
    with suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        return _connects(socket.AF_UNIX, f"/proc/self/fd/{folder}/{path.name}")
    return False


def _files(plan: dict[str, Any]) -> Iterator[str]:
    for path in plan["unreadable"]:
        with suppress(OSError):
            Path(path).read_bytes()
            yield f"{path} can be read"
    for path in plan["unwritable"]:
        with suppress(OSError):  # looked for outside: what is written to a throw-away folder of that name is no hole
            Path(path).write_text("written from the sandbox\n", encoding="utf-8")


def _environment(plan: dict[str, Any]) -> Iterator[str]:
    if plan["marker"] in os.environ:
        yield "the environment of metabot is visible"


def _processes(plan: dict[str, Any]) -> Iterator[str]:
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if plan["marker"].encode() in command.read_bytes():
                yield "processes of this machine are visible"


def _signals(plan: dict[str, Any]) -> Iterator[str]:
    """An id of the machine may be one of ours in here: only a process that bears the marker is the one meant."""
    process = Path(f"/proc/{plan['process']}")
    with suppress(OSError):
        if plan["marker"].encode() in (process / "cmdline").read_bytes():
            os.kill(plan["process"], 0)
            yield "processes of this machine can be sent signals"
            if ctypes.CDLL(None).ptrace(_PTRACE_SEIZE, plan["process"], None, None) == 0:
                yield "processes of this machine can be traced"


def _forks(plan: dict[str, Any]) -> Iterator[str]:
    children: list[int] = []
    try:
        for _ in range(2 * plan["processes"]):
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
    except OSError:
        return  # held
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    yield f"{len(children)} processes could be started, the limit is {plan['processes']}"


if __name__ == "__main__":
    main()
