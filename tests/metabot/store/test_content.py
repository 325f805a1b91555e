"""Digests of files and of their beginnings."""

from __future__ import annotations

from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import example, given, settings
from hypothesis import strategies as st

from metabot.errors import InputError
from metabot.store.content import Reading, beginnings, content
from metabot.store.inputs import opened

MIB = 1 << 20


def digest(data: bytes) -> str:
    return blake3(data).hexdigest()


@settings(max_examples=20)
@given(st.integers(0, 3 * MIB), st.lists(st.integers(0, 3 * MIB), max_size=4))
@example(2 * MIB, [MIB, 2 * MIB, MIB - 1, MIB + 1, 1])
def test_digests_are_those_of_the_bytes(
    tmp_path_factory: pytest.TempPathFactory, size: int, lengths: list[int]
) -> None:
    """Whole and cut anywhere, also at the edges of the pieces in which a file is read."""
    data = bytes(range(251)) * (size // 251) + b"." * (size % 251)
    path = tmp_path_factory.mktemp("content") / "file"
    path.write_bytes(data)
    with opened(path) as file:
        found = content(path, file)
        begun = list(beginnings(path, file, lengths))
    assert (found.digest, found.bytes) == (digest(data), size)
    assert begun == [digest(data[:length]) for length in sorted(set(lengths)) if 0 < length <= size]


def test_a_file_that_grows_is_read_as_it_was(tmp_path: Path) -> None:
    """What is written after the digest was taken belongs to the next load."""
    path = tmp_path / "file"
    path.write_bytes(b"before")
    with opened(path) as file, path.open("ab") as writer:
        held = content(path, file)
        writer.write(b" and after")
        writer.flush()
        assert b"".join(Reading(path, file, held.bytes).chunks()) == b"before"


def test_a_file_that_fails_while_it_is_read(tmp_path: Path) -> None:
    """The first page of a process's memory opens and cannot be read: the message names the file."""
    path = Path("/proc/self/mem")
    with opened(path) as file, pytest.raises(InputError, match="/proc/self/mem: cannot be read"):
        list(Reading(path, file, 10).chunks())
