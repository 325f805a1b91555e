"""What becomes of an open pull request when its base or its evidence moves, and when people are there already."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analyzers.finding import Finding
from metabot.publish.ended import ended
from metabot.publish.host import HostedPull
from metabot.publish.identity import block_in
from metabot.publish.publisher import Preview, Updated
from metabot.publish.pull_request import PullRequest
from metabot.stopped import Reason, Stopped
from metabot.verify.measured import VerifiedProposal
from tests import desks
from tests.desks import DAY_NS, NOON_NS, Clock, local_host, publisher
from tests.proposals import FINGERPRINT, finding, verified
from tests.repositories import commit, git

pytestmark = pytest.mark.slow

BRANCH = f"metabot/prompt-cache-miss-{FINGERPRINT}"
LONG = "".join(f"LINE_{number} = {number}\n" for number in range(20))
WHOLE = f"{LONG}PRICE = 1\n"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pull request that changes the last line of a longer file."""
    at = desks.desk(tmp_path_factory.mktemp("opened"))
    commit(at, {"app.py": WHOLE})
    git(at, "push", "-q", "origin", "main")
    assert isinstance(publisher(at).open_change(change(at)), PullRequest)
    return at


@pytest.fixture
def desk(opened: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(opened.parent, tmp_path / "copy")
    return tmp_path / "copy" / opened.name


def change(desk: Path, found: Finding | None = None) -> VerifiedProposal:
    """Proved on main as it stands."""
    one = verified(git(desk, "rev-parse", "main"), found or finding())
    text = (desk / "app.py").read_text()
    edit = replace(one.proposal.edits[0], before=text, after=text.replace("PRICE = 1\n", "PRICE = 2\n"))
    return replace(one, proposal=replace(one.proposal, edits=(edit,)))


def with_evidence(value: float, achievable: float = 400.0) -> Finding:
    found = finding()
    evidence = replace(
        found.candidate.evidence,
        observed=replace(found.candidate.evidence.observed, value=value),
        achievable=achievable,
    )
    return replace(found, candidate=replace(found.candidate, evidence=evidence))


def the_pull(desk: Path) -> HostedPull:
    (pull,) = local_host(desk).pulls()
    return pull


def reason(end: object) -> str | None:
    return end.reason if isinstance(end, Stopped) else None


def as_person(desk: Path, files: dict[str, str], branch: str) -> None:
    """Somebody else clones, commits on the branch and pushes."""
    other = desk.parent / "other"
    git(desk.parent, "clone", "-q", "--branch", branch, str(desk.parent / "remote.git"), str(other))
    for path, text in files.items():
        (other / path).write_text(text)
    git(other, "add", "--all")
    git(other, "commit", "-q", "-m", "mine")
    git(other, "push", "-q", "origin", branch)


@pytest.mark.parametrize(
    ("value", "achievable", "again"),
    [
        pytest.param(1900.0, 400.0, False, id="the same"),
        pytest.param(2050.0, 400.0, False, id="a little more"),
        pytest.param(2100.0, 400.0, True, id="a tenth more"),
        pytest.param(1700.0, 400.0, True, id="a tenth less"),
        pytest.param(1900.0, 100.0, True, id="more could be achieved"),
    ],
)
def test_is_proved_again_where_its_evidence_moved(desk: Path, value: float, achievable: float, again: bool) -> None:
    """By more than a tenth of what was observed; then the text says the new figures, and the branch stays."""
    found, before = with_evidence(value, achievable), the_pull(desk)
    assert reason(publisher(desk).already(found)) == (None if again else "already open")
    one = change(desk, found)
    prediction = replace(one.proposal.prediction, observed=value)
    end = publisher(desk).open_change(replace(one, proposal=replace(one.proposal, prediction=prediction)))
    if not again:
        assert reason(end) == "already open"
        return
    assert isinstance(end, Updated)
    assert "tenth" in end.because
    after = the_pull(desk)
    block = block_in(after)
    assert block is not None
    assert (after.number, after.head_revision, block.observed) == (1, before.head_revision, value)
    assert reason(publisher(desk).already(found)) == "already open"


@pytest.mark.parametrize(
    ("files", "again"),
    [
        pytest.param({"other.py": "x = 1\n"}, False, id="another file"),
        pytest.param({"app.py": f"# new\n{WHOLE}"}, False, id="other lines of the file"),
        pytest.param({"app.py": WHOLE.replace("LINE_19 = 19\n", "LINE_19 = 0\n")}, True, id="a line beside it"),
    ],
)
def test_is_proved_again_where_it_fits_its_base_no_more(desk: Path, files: dict[str, str], again: bool) -> None:
    """The branch goes forward to the change on the new base, without force, and differs from it in the change alone."""
    before = the_pull(desk)
    commit(desk, files)
    assert reason(publisher(desk).already(finding())) == (None if again else "already open")
    if not again:
        return
    end = publisher(desk).open_change(change(desk))
    assert isinstance(end, Updated)
    after = the_pull(desk)
    remote = desk.parent / "remote.git"
    parents = git(remote, "log", "-1", "--format=%P", BRANCH).split()
    assert parents == [git(desk, "rev-parse", "main"), before.head_revision]
    assert git(remote, "rev-parse", BRANCH) == after.head_revision
    assert git(desk, "diff", "--name-only", f"main...{BRANCH}").split() == ["app.py", "tests/test_prefix.py"]
    assert (after.state, after.number, len(local_host(desk).pulls())) == ("open", 1, 1)
    assert reason(publisher(desk).already(finding())) == "already open"


def moved(desk: Path) -> None:
    """The base moves so that the change fits no more."""
    commit(desk, {"app.py": WHOLE.replace("LINE_19 = 19\n", "LINE_19 = 0\n")})


def stop(why: Reason = "head is red") -> Stopped:
    return Stopped(finding=FINGERPRINT, stage="sound", reason=why, detail="1 failed, says @someone")


def test_is_closed_where_it_could_not_be_proved_again(desk: Path) -> None:
    """With the reason in a comment, quoted; its branch is deleted, and it stays closed until a person revives it."""
    moved(desk)
    end = publisher(desk).given_up(finding(), stop())
    assert "#1" in end.detail
    pull = the_pull(desk)
    assert (pull.state, ended(pull.body)) == ("closed", "outdated")
    (comment,) = local_host(desk).comments(1)
    assert "head is red" in comment.body
    assert "@someone" not in comment.body
    assert git(desk.parent / "remote.git", "branch", "--list", "metabot/*") == ""
    assert reason(publisher(desk).already(finding())) == "withdrawn"
    assert publisher(desk).given_up(finding(), stop()) == stop()
    assert len(local_host(desk).comments(1)) == 1


@pytest.mark.parametrize("why", ["no sandbox", "setup failed", "model unavailable", "budget spent", "base is red"])
def test_an_outage_closes_nothing(desk: Path, why: Reason) -> None:
    """It says nothing of the change; the next pass tries again."""
    moved(desk)
    assert publisher(desk).given_up(finding(), stop(why)) == stop(why)
    assert the_pull(desk).state == "open"


def test_what_stands_is_not_closed(desk: Path) -> None:
    """A stop of another proposal, while the one that is open still fits."""
    assert publisher(desk).given_up(finding(), stop()) == stop()
    assert the_pull(desk).state == "open"


def test_what_a_person_opened_again_stays_open(desk: Path) -> None:
    """metabot closes nothing a second time."""
    moved(desk)
    publisher(desk).given_up(finding(), stop())
    path = desk.parent / "pulls/1.json"
    record = {**json.loads(path.read_text()), "state": "open", "ended_ns": None, "ended_by": None}
    path.write_text(json.dumps(record))
    assert publisher(desk).given_up(finding(), stop()) == stop()
    assert the_pull(desk).state == "open"


@pytest.mark.parametrize("why", ["moved", "still"])
def test_a_persons_commit_ends_metabots_writing(desk: Path, why: str) -> None:
    """Whatever the base or the evidence do, the branch is theirs."""
    as_person(desk, {"app.py": f"{LONG}PRICE = 3\n"}, BRANCH)
    if why == "moved":
        moved(desk)
    before = the_pull(desk)
    known = publisher(desk).already(with_evidence(9000.0))
    assert reason(known) == "taken over"
    assert reason(publisher(desk).open_change(change(desk))) == "taken over"
    assert publisher(desk).given_up(finding(), stop()) == stop()
    assert the_pull(desk) == before
    assert git(desk.parent / "remote.git", "log", "-1", "--format=%s", BRANCH) == "mine"


def test_an_unfinished_update_is_finished(desk: Path) -> None:
    """The branch was moved and the run ended before the text was: the next one writes it."""
    moved(desk)
    body = the_pull(desk).body
    assert isinstance(publisher(desk).open_change(change(desk)), Updated)
    local_host(desk).edit(1, body=body)
    assert publisher(desk).already(finding()) is None
    head = the_pull(desk).head_revision
    assert isinstance(publisher(desk).open_change(change(desk)), Updated)
    assert the_pull(desk).head_revision == head
    assert reason(publisher(desk).already(finding())) == "already open"


def test_an_unfinished_closing_is_finished(desk: Path) -> None:
    """Closed, and ended before the comment: the next pass says that it is, once."""
    moved(desk)
    publisher(desk).given_up(finding(), stop())
    (desk.parent / "pulls/1.comments.json").unlink()
    publisher(desk).finish()
    publisher(desk).finish()
    (comment,) = local_host(desk).comments(1)
    assert "could not be proved again" in comment.body


def test_long_ago_nobody_looks_any_more(desk: Path) -> None:
    """A closed one is not asked about for ever."""
    moved(desk)
    publisher(desk).given_up(finding(), stop())
    (desk.parent / "pulls/1.comments.json").unlink()
    publisher(desk, clock=Clock(NOON_NS + 10 * DAY_NS)).finish()
    assert local_host(desk).comments(1) == []


@pytest.mark.parametrize(
    ("thrown", "expected"),
    [
        pytest.param({"settings": {"pr_generation_enabled": False}}, "report only", id="by the settings"),
        pytest.param({"environment": "METABOT_STOP"}, "switched off", id="by the environment"),
        pytest.param({"file": ".github/metabot.stop"}, "switched off", id="by a file in the base"),
    ],
)
def test_the_kill_switch_stops_every_writing(
    desk: Path, monkeypatch: pytest.MonkeyPatch, thrown: dict[str, Any], expected: str
) -> None:
    """Opening, updating, closing and finishing; looking goes on."""
    moved(desk)
    commit(desk, {thrown.get("file", "other.py"): "\n"})
    monkeypatch.setenv(thrown.get("environment", "ANOTHER"), "1")
    at = publisher(desk, meta_layer=thrown.get("settings", {}))
    before = the_pull(desk)
    new = change(desk, finding("f" * 12))
    assert reason(at.open_change(new)) == reason(at.preview(new)) == expected
    assert reason(at.open_change(change(desk))) == expected
    assert at.given_up(finding(), stop()) == stop()
    at.finish()
    assert the_pull(desk) == before


def test_a_change_that_the_base_has_is_not_opened(desk: Path) -> None:
    """Somebody else made it in the meantime, beside other changes."""
    one = change(desk, finding("f" * 12))
    text = WHOLE.replace("PRICE = 1\n", "PRICE = 2\n").replace("LINE_3 = 3\n", "LINE_3 = 0\n")
    commit(desk, {"app.py": text})
    assert reason(publisher(desk).preview(one)) == "already in base"


def test_merged_as_one_commit_is_merged(desk: Path) -> None:
    """Its files stand in the base, though no commit of its own does."""
    git(desk, "merge", "-q", "--squash", BRANCH)
    git(desk, "commit", "-q", "-m", "squashed")
    assert the_pull(desk).state == "merged"
    assert reason(publisher(desk).already(finding())) == "already in base"


def test_merged_at_the_remote_is_merged(desk: Path) -> None:
    """Before anybody has fetched it here."""
    other = desk.parent / "merging"
    git(desk.parent, "clone", "-q", str(desk.parent / "remote.git"), str(other))
    git(other, "merge", "-q", "--no-ff", "-m", "merge", f"origin/{BRANCH}")
    git(other, "push", "-q", "origin", "main")
    assert the_pull(desk).state == "merged"


def test_asks_the_owners_of_what_it_changes(desk: Path) -> None:
    """As CODEOWNERS in the base names them, unless the settings say otherwise."""
    commit(desk, {"CODEOWNERS": "app.py @ada @acme/desk\n"})
    publisher(desk).open_change(change(desk, finding("f" * 12)))
    publisher(desk, publish={"code_owners_review": False}).open_change(change(desk, finding("e" * 12)))
    records = [json.loads((desk.parent / f"pulls/{number}.json").read_text()) for number in (2, 3)]
    assert [record["reviewers"] for record in records] == [["ada", "acme/desk"], []]
    assert records[0]["labels"] == ["metabot"]


def test_a_preview_of_an_update(desk: Path) -> None:
    """It says what would stand there."""
    moved(desk)
    assert isinstance(publisher(desk).preview(change(desk)), Preview)
