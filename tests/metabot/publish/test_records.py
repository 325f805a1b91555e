"""The folder of pull requests, as people and killed runs leave it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metabot.errors import PublishError
from metabot.publish.records import Record, Records, Said


def record(number: int) -> Record:
    return Record(
        number=number, title="t", state="open", draft=True, branch="metabot/x", head_revision="b" * 40, created_ns=1
    )


def test_reads_what_it_wrote(tmp_path: Path) -> None:
    """In the order of the numbers, not of the names."""
    records, said = Records(tmp_path / "pulls"), [Said(author="ada", body="no", created_ns=2)]
    with records.alone():
        for number in (10, 9):
            records.write_text(number, "text")
            records.write(record(number))
        records.write_comments(9, said)
    assert records.all() == [record(9), record(10)]
    assert records.next_number() == 11
    assert records.text(9) == "text"
    assert records.text(8) is None
    assert (records.comments(9), records.comments(10)) == (said, [])


def test_a_record_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    """It named the finding and its prediction, and neither its times nor its base."""
    older = {"fingerprint": "0" * 12, "also": [], "where": "1.md", "prediction": {"unit": "ms per call"}}
    plain = {"number": 1, "title": "t", "state": "closed", "draft": True, "branch": "b", "head_revision": "c" * 40}
    (tmp_path / "1.json").write_text(json.dumps({**older, **plain}))
    assert Records(tmp_path).all() == [Record(**plain)]


def test_reading_makes_nothing(tmp_path: Path) -> None:
    """A preview leaves no folder behind."""
    records = Records(tmp_path / "pulls")
    assert records.all() == []
    assert records.next_number() == 1
    assert not (tmp_path / "pulls").exists()


@pytest.mark.parametrize("name", [".1.json.partial", "notes.json", "1.md", "1.json.orig", "1.comments.json"])
def test_leaves_other_files_alone(tmp_path: Path, name: str) -> None:
    """What a killed run or a person left there is no record."""
    (tmp_path / name).write_text("{")
    assert Records(tmp_path).all() == []


@pytest.mark.parametrize("content", ["", "{", "{}", '{"number": "1"}'])
def test_a_broken_record_is_an_error(tmp_path: Path, content: str) -> None:
    """To go on would be to open a second time what may be in there; the message names the file."""
    (tmp_path / "1.json").write_text(content)
    with pytest.raises(PublishError, match=r"1\.json: is no record.*\n.*Mend it"):
        Records(tmp_path).all()


def test_an_unusable_folder_is_an_error(tmp_path: Path) -> None:
    """A file in the folder's place."""
    (tmp_path / "pulls").write_text("")
    with pytest.raises(PublishError, match=r"\[publish\] pulls"), Records(tmp_path / "pulls").alone():
        pass
