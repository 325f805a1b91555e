"""Opening pull requests on a real bare repository, with real processes beside it and killed in between."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analyzers.finding import Consequence, Fingerprint
from metabot.errors import PublishError
from metabot.ledger.people import Decision
from metabot.publish.identity import fingerprint
from metabot.publish.publisher import Preview
from metabot.publish.pull_request import PullRequest
from metabot.stopped import Stopped
from tests import desks
from tests.desks import publisher
from tests.proposals import FINGERPRINT, finding, verified
from tests.repositories import git

ROOT = Path(__file__).parents[3]
BRANCH = f"metabot/prompt-cache-miss-{FINGERPRINT}"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return desks.desk(tmp_path)


def open_one(desk: Path, name: str = FINGERPRINT, **sections: dict[str, Any]) -> PullRequest | Stopped:
    return publisher(desk, **sections).open_change(verified(git(desk, "rev-parse", "main"), finding(name)))


def reason(end: PullRequest | Preview | Stopped | None) -> str | None:
    return end.reason if isinstance(end, Stopped) else None


def branches(desk: Path) -> list[str]:
    return git(desk.parent / "remote.git", "for-each-ref", "--format=%(refname:short)", "refs/heads/metabot").split()


def pulls(desk: Path) -> list[str]:
    return sorted(path.name for path in (desk.parent / "pulls").glob("[!.]*"))


def set_state(desk: Path, number: int, state: str) -> None:
    path = desk.parent / "pulls" / f"{number}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "state": state}))


def test_opens_a_draft(desk: Path) -> None:
    """One branch with one commit on the verified base, and a record with its text; the checkout is as before."""
    opened = open_one(desk)
    assert isinstance(opened, PullRequest)
    assert (opened.number, opened.state, opened.draft, opened.branch) == (1, "open", True, BRANCH)
    remote = desk.parent / "remote.git"
    assert git(remote, "rev-parse", BRANCH) == opened.head_revision
    assert git(remote, "rev-parse", f"{BRANCH}^") == git(desk, "rev-parse", "main")
    assert git(remote, "diff", "--name-only", "main", BRANCH).split() == ["app.py", "tests/test_prefix.py"]
    assert git(remote, "show", f"{BRANCH}:app.py") == "PRICE = 2"
    assert git(desk, "status", "--porcelain") == ""
    text = Path(opened.where).read_text()
    assert fingerprint(text) == FINGERPRINT
    assert text.startswith(f"# {opened.title}\n")
    assert pulls(desk) == ["1.json", "1.md"]


def test_opens_nothing_twice(desk: Path) -> None:
    """Asked before and while opening, it says which one is there."""
    open_one(desk)
    known = publisher(desk).already(finding())
    assert reason(known) == reason(open_one(desk)) == "already open"
    assert known is not None
    assert "#1" in known.detail
    assert pulls(desk) == ["1.json", "1.md"]


def test_what_a_person_closed_stays_closed(desk: Path) -> None:
    """Also where only the text still names the finding."""
    open_one(desk)
    set_state(desk, 1, "closed")
    assert reason(open_one(desk)) == "closed by a person"
    record = json.loads((desk.parent / "pulls/1.json").read_text())
    (desk.parent / "pulls/1.json").write_text(json.dumps({**record, "fingerprint": "f" * 12}))
    assert reason(open_one(desk)) == "closed by a person"


@pytest.mark.slow
def test_one_cause_has_one_pull_request(desk: Path) -> None:
    """Whichever of its candidates leads the finding at another time."""
    cause, consequence = finding("e" * 12), finding()
    follows = Consequence(fingerprint=Fingerprint(FINGERPRINT), candidate=consequence.candidate, because="it grows")
    open_one(desk)
    assert reason(publisher(desk).already(replace(cause, consequences=(follows,)))) == "already open"
    assert reason(publisher(desk).already(cause)) is None


@pytest.mark.slow
def test_a_consequence_has_no_pull_request_of_its_own(desk: Path) -> None:
    """The block names what else the change would cure."""
    follows = Consequence(fingerprint=Fingerprint("e" * 12), candidate=finding().candidate, because="it grows")
    both = replace(finding(), consequences=(follows,))
    publisher(desk).open_change(verified(git(desk, "rev-parse", "main"), both))
    assert reason(publisher(desk).already(finding("e" * 12))) == "already open"


@pytest.mark.slow
@pytest.mark.parametrize("how", ["by its state", "by git"])
def test_what_was_merged_is_in_base(desk: Path, how: str) -> None:
    """Merged by hand is merged as well, and no longer counts as open."""
    open_one(desk)
    if how == "by its state":
        set_state(desk, 1, "merged")
    else:
        git(desk, "merge", "-q", "--no-ff", "-m", "merge", BRANCH)
    assert reason(publisher(desk).already(finding())) == "already in base"
    assert reason(publisher(desk, publish={"max_open": 1}).already(finding("f" * 12))) is None


@pytest.mark.slow
def test_three_open_ones_are_enough(desk: Path) -> None:
    """The next one waits until one of them is closed."""
    for number in range(3):
        assert isinstance(open_one(desk, f"{number:012x}"), PullRequest)
    stopped = open_one(desk)
    assert reason(stopped) == "too many open"
    assert isinstance(stopped, Stopped)
    assert "#1, #2, #3" in stopped.detail
    set_state(desk, 2, "closed")
    opened = open_one(desk)
    assert isinstance(opened, PullRequest)
    assert opened.number == 4


def test_report_only_opens_nothing(desk: Path) -> None:
    """The settings' word is kept, and neither a branch nor a folder is made."""
    assert reason(open_one(desk, meta_layer={"pr_generation_enabled": False})) == "report only"
    assert branches(desk) == []
    assert not (desk.parent / "pulls").exists()


@pytest.mark.slow
def test_a_preview_touches_nothing(desk: Path) -> None:
    """The same title, branch and text as opening would give; no commit, no branch, no folder."""
    before = git(desk, "count-objects", "-v")
    proposal = verified(git(desk, "rev-parse", "main"))
    preview = publisher(desk).preview(proposal)
    assert isinstance(preview, Preview)
    assert git(desk, "count-objects", "-v") == before
    assert branches(desk) == []
    assert not (desk.parent / "pulls").exists()
    opened = publisher(desk).open_change(proposal)
    assert isinstance(opened, PullRequest)
    assert (preview.title, preview.branch, preview.text) == (
        opened.title,
        opened.branch,
        Path(opened.where).read_text(),
    )
    assert reason(publisher(desk).preview(proposal)) == "already open"


@pytest.mark.slow
def test_what_is_open_can_be_proved_again(desk: Path) -> None:
    """The command that the text names for it comes to the same text, and touches nothing."""
    opened = open_one(desk)
    assert isinstance(opened, PullRequest)
    text = Path(opened.where).read_text()
    assert f"metabot run --again {FINGERPRINT}" in text
    before = sorted((path.name, path.read_bytes()) for path in (desk.parent / "pulls").iterdir())
    assert publisher(desk).proved_again(verified(git(desk, "rev-parse", "main"))).text == text
    assert sorted((path.name, path.read_bytes()) for path in (desk.parent / "pulls").iterdir()) == before


@pytest.mark.slow
def test_a_foreign_branch_of_that_name_is_left(desk: Path) -> None:
    """The error says so in git's words, and no record is written."""
    git(desk, "commit", "-q", "--allow-empty", "-m", "mine")
    git(desk, "push", "-q", "origin", f"HEAD:refs/heads/{BRANCH}")
    git(desk, "reset", "-q", "--hard", "HEAD^")
    with pytest.raises(PublishError, match=r"rejected"):
        open_one(desk)
    assert git(desk.parent / "remote.git", "log", "-1", "--format=%s", BRANCH) == "mine"
    assert pulls(desk) == []


@pytest.mark.slow
def test_an_unreachable_remote_is_an_error(desk: Path) -> None:
    """Named as in the settings."""
    with pytest.raises(PublishError, match="nowhere"):
        open_one(desk, publish={"remote": "nowhere"})


CHILD = """
import sys
from pathlib import Path
from tests.desks import publisher
from tests.proposals import finding, verified
desk, base, name = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
print(publisher(desk).open_change(verified(base, finding(name))))
"""


def child(desk: Path, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, str(desk), git(desk, "rev-parse", "main"), name]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("names", [[FINGERPRINT] * 3, ["a" * 12, "b" * 12, "c" * 12]], ids=["one finding", "three"])
def test_processes_at_once(desk: Path, names: list[str]) -> None:
    """One pull request each, with numbers of their own, whoever comes first."""
    children = [child(desk, name) for name in names]
    assert [process.communicate()[1] for process in children] == ["", "", ""]
    expected = len(set(names))
    assert len(branches(desk)) == expected
    assert pulls(desk) == sorted(f"{number + 1}.{kind}" for number in range(expected) for kind in ("json", "md"))


@pytest.mark.slow
def test_a_killed_runs_branch_on_an_older_base_is_overridden(desk: Path) -> None:
    """Pushed and killed, then the base moved on: the branch goes forward to the new change, and nothing is forced."""
    first = open_one(desk)
    assert isinstance(first, PullRequest)
    for name in pulls(desk):
        (desk.parent / "pulls" / name).unlink()
    (desk / "other.py").write_text("x = 1\n")
    git(desk, "add", ".")
    git(desk, "commit", "-q", "-m", "second")
    opened = open_one(desk)
    assert isinstance(opened, PullRequest)
    remote = desk.parent / "remote.git"
    assert git(remote, "log", "-1", "--format=%P", BRANCH).split() == [
        git(desk, "rev-parse", "main"),
        first.head_revision,
    ]
    assert git(desk, "diff", "--name-only", f"main...{BRANCH}").split() == ["app.py", "tests/test_prefix.py"]


@pytest.mark.parametrize(
    ("by", "why", "said"),
    [
        pytest.param("ada", "we @all like it", "“ada” declined it: “we", id="with a reason, quoted"),
        pytest.param("", "", "A person declined it, without a reason", id="closed without a word"),
    ],
)
def test_says_who_declined_it_and_why(desk: Path, by: str, why: str, said: str) -> None:
    """As far as it is known, also where no pull request was opened yet."""
    declined = Decision(fingerprint=FINGERPRINT, kind="decline", reason=why, decided_by=by, decided_ns=1)
    stop = publisher(desk, decisions=[declined]).already(finding())
    assert stop is not None
    assert stop.reason == "closed by a person"
    assert said in stop.detail
    assert "@all" not in stop.detail
    revived = replace(declined, kind="revive", decided_ns=2)
    assert publisher(desk, decisions=[declined, revived]).already(finding()) is None
