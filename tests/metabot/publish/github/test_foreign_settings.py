"""What a target repository's own settings of git say where GitHub is asked with the token: nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from metabot.publish.github.host import GithubHost
from tests.metabot.publish.github.places import BRANCH, Place
from tests.repositories import git

pytestmark = pytest.mark.slow


@pytest.fixture
def proxy() -> Iterator[tuple[str, list[bytes]]]:
    """Its address, and what came to it."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        heard.append(connection.recv(65_536))
                        connection.sendall(b"HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
        server.shutdown(socket.SHUT_RDWR)


def test_no_proxy_of_the_repository_gets_the_token(host: GithubHost, at: Place, proxy: tuple[str, list[bytes]]) -> None:
    """Named for all addresses, or for this one."""
    address, heard = proxy
    for name in ("http.proxy", f"http.{at.double.git_url}.proxy"):
        git(at.repository.path, "config", name, address)
    git(at.repository.path, "config", "http.sslVerify", "false")
    commit = at.commit()
    host.push(BRANCH, commit)
    assert at.double.bare.branches()[BRANCH] == commit
    theirs = at.double.push_as("ben", BRANCH, {"b.txt": "b\n"})
    assert host.branch(BRANCH) == theirs
    assert at.repository.read(theirs, "b.txt") == "b\n"
    host.delete_branch(BRANCH, at=theirs)
    assert BRANCH not in at.double.bare.branches()
    assert heard == []


def test_no_address_becomes_another_one(host: GithubHost, at: Place) -> None:
    """`insteadOf` would push to a repository that nobody listed."""
    elsewhere = at.double.git_url.replace("/desk", "/elsewhere")
    git(at.repository.path, "config", f"url.{elsewhere}.insteadOf", at.double.git_url)
    host.push(BRANCH, at.commit())
    assert at.asked(path="elsewhere") == []
    assert BRANCH in at.double.bare.branches()


def test_a_shallow_repository_is_pushed_from_as_well(host: GithubHost, at: Place) -> None:
    """Where its history ends is known."""
    for number in range(3):
        at.double.push_as("ada", "main", {"app.py": f"PRICE = {number}\n"})
    shallow = at.folder.with_name("shallow.git")
    git(at.folder.parent, "clone", "-q", "--bare", "--depth=1", f"file://{at.double.repository}", str(shallow))
    there = type(at.repository)(shallow)
    elsewhere = Place(at.double, at.folder.with_name("elsewhere"), there)
    elsewhere.host().push(BRANCH, elsewhere.commit())
    assert BRANCH in at.double.bare.branches()
