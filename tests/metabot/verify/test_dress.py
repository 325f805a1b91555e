"""What a command can know its place by, in the dress of what decides and in that of the second look."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from metabot.verify.dress import OTHER, PLAIN, after_others
from metabot.verify.environment import TargetEnvironment
from metabot.verify.process import Ended
from metabot.verify.sandbox import Sandbox

Inside = Callable[..., Ended]

SEEN = """
import getpass, json, os, socket
home = os.path.expanduser("~")
print(json.dumps({
    "host": socket.gethostname(),
    "its address": socket.gethostbyname(socket.gethostname()),
    "accounts": len(open("/etc/passwd").readlines()),
    "user": getpass.getuser(),
    "home": home,
    "files": sorted(os.listdir(home)),
    "process": os.getpid(),
}))
open(os.path.join(home, "kept"), "w").close()
"""


def test_the_two_have_nothing_in_common() -> None:
    """Whatever is added to a dress differs between them."""
    assert [one.name for one in fields(PLAIN) if getattr(PLAIN, one.name) == getattr(OTHER, one.name)] == []


def test_a_command_sees_the_dress(proved: Sandbox, inside: Inside) -> None:
    """Of machine, accounts, user, home and processes; the machine's name leads to it, and the home can be written."""
    plain = json.loads(inside(proved, SEEN).stdout)
    other = json.loads(inside(proved, SEEN, dress=OTHER).stdout)
    assert (plain["host"], plain["accounts"], plain["user"], plain["files"]) == ("sandbox", 1, "metabot", [])
    assert (other["host"], other["user"], other["home"]) == (OTHER.host, OTHER.user, "/home/service")
    assert plain["its address"] == other["its address"] == "127.0.0.1"
    assert other["accounts"] > 10
    assert set(other["files"]) >= {name for name, _ in OTHER.files}
    assert plain["process"] < 20 < OTHER.earlier < other["process"]


@pytest.mark.parametrize("ends", ["import sys; sys.exit(7)", "import os; os.kill(os.getpid(), 9)"])
def test_the_exit_code_is_the_commands(proved: Sandbox, inside: Inside, ends: str) -> None:
    """After others as alone, and by a signal, too."""
    assert inside(proved, ends, dress=OTHER).exit_code == inside(proved, ends).exit_code


def test_words_are_handed_on_as_they_are(proved: Sandbox, inside: Inside) -> None:
    """No shell reads them."""
    words = ("printf", "%s|", "a b", "$HOME", "*", "")
    assert inside(proved, command=words, dress=OTHER).stdout == "a b|$HOME|*||"
    assert after_others(0, words) == words


def test_the_repository_stays_where_setup_saw_it() -> None:
    """What setup installed may name that place; without a setup it is shown where the dress says."""
    kept = TargetEnvironment(folder=Path("/e/env"), tree_at=Path("/e/tree"))
    assert kept.shown_at(OTHER.tree) == Path("/e/tree")
    assert TargetEnvironment(folder=None, tree_at=PLAIN.tree).shown_at(OTHER.tree) == OTHER.tree
