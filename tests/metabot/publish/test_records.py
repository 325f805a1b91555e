"""The folder of pull requests, as people and killed runs leave it."""

from __future__ import annotations

from pathlib import Path

import pytest

from metabot.errors import PublishError
from metabot.generate.proposal import Prediction
from metabot.publish.identity import block_of, write
from metabot.publish.pull_request import PullRequest
from metabot.publish.records import Records
from tests.proposals import FINGERPRINT, UNIT, finding, verified


def pull_request(number: int) -> PullRequest:
    return PullRequest(
        number=number,
        fingerprint=FINGERPRINT,
        state="open",
        branch="metabot/x",
        head_revision="b" * 40,
        title="t",
        draft=True,
        where=f"{number}.md",
        prediction=Prediction(unit=UNIT, observed=2.0, expected=1.0),
    )


def test_reads_what_it_wrote(tmp_path: Path) -> None:
    """In the order of the numbers, not of the names."""
    records = Records(tmp_path / "pulls")
    with records.alone():
        for number in (10, 9):
            records.write(pull_request(number), "text")
    assert [record.pull_request for record in records.all()] == [pull_request(9), pull_request(10)]
    assert records.next_number() == 11
    assert records.text_path(9).read_text() == "text"


def test_reading_makes_nothing(tmp_path: Path) -> None:
    """A preview leaves no folder behind."""
    records = Records(tmp_path / "pulls")
    assert records.all() == []
    assert records.next_number() == 1
    assert not (tmp_path / "pulls").exists()


def test_knows_whose_it_is_by_the_text_as_well(tmp_path: Path) -> None:
    """The block in the text counts besides the record, so that an edited one still keeps its finding closed."""
    records = Records(tmp_path)
    records.write(pull_request(1), write(block_of(verified(found=finding("f" * 12)))))
    assert records.all()[0].fingerprints == {FINGERPRINT, "f" * 12}
    records.text_path(1).unlink()
    assert records.all()[0].fingerprints == {FINGERPRINT}


@pytest.mark.parametrize("name", [".1.json.partial", "notes.json", "1.md", "1.json.orig"])
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
