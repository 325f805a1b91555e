"""The dashboard after people wrote into it, moved it away, or switched it off."""

from __future__ import annotations

import pytest
from github_double.double import Double
from github_double.faults import redirected
from github_double.state import ENOUGH

from metabot.publish.github.host import GithubHost
from tests.metabot.publish.github.places import VARIABLE, Place


@pytest.mark.parametrize("text", ["We stopped metabot. Ada", "", None])
def test_a_label_holds_whatever_people_write_into_the_text(host: GithubHost, double: Double, text: str | None) -> None:
    """An issue that lost metabot's mark is known by its number."""
    number = host.write_dashboard("metabot", "Nothing.").number
    double.label(number, "metabot: stop")
    double.edit(number, body=text)
    assert "bears the label" in (host.stopped() or "")
    assert host.write_dashboard("metabot", "One thing.").number == number
    assert len(double.issues) == 1


def test_a_note_below_the_text_stays(host: GithubHost, at: Place) -> None:
    """Also for a process that has to look for the dashboard."""
    number = host.write_dashboard("metabot", "Nothing.").number
    at.double.edit(number, body=f"{at.double.issues[number].body}\n\nAsk me first. Ada")
    elsewhere = Place(at.double, at.folder.with_name("elsewhere"), at.repository).host()
    found = elsewhere.dashboard()
    assert found is not None
    assert (found.number, found.body) == (number, "Nothing.")
    elsewhere.write_dashboard("metabot", "One thing.")
    assert at.double.issues[number].body == "One thing.\n\n<!-- metabot dashboard -->\n\nAsk me first. Ada"
    assert len(at.double.issues) == 1


def test_one_that_was_moved_to_another_repository_is_looked_for(host: GithubHost, double: Double) -> None:
    """GitHub answers with where it is now; metabot does not follow."""
    number = host.write_dashboard("metabot", "Nothing.").number
    double.fail_next(redirected("https://api.github.com/repositories/9/issues/3"), 1, path=f"/issues/{number}")
    found = host.dashboard()
    assert found is not None
    assert found.number == number


def test_without_a_dashboard_the_token_needs_no_right_to_issues(
    at: Place, double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kill switch's file is looked for all the same."""
    rights = {right: extent for right, extent in ENOUGH.items() if right != "issues"}
    monkeypatch.setenv(VARIABLE, double.new_token("no issues", rights))
    host = GithubHost(at.repository, at.settings(publish={"dashboard": False}), sleep=lambda _: None)
    assert host.stopped() is None
    double.push_as("ada", "main", {".github/metabot.stop": ""})
    assert "holds the file" in (host.stopped() or "")
