"""Where things are: github.com, its clouds with data residency, and servers of one's own."""

from __future__ import annotations

import pytest

from metabot.config import Github
from metabot.errors import SettingsError
from metabot.publish.github.address import address_of
from tests.metabot.publish.github.places import Place, opened


@pytest.mark.parametrize(
    ("api", "git"),
    [
        ("https://api.github.com", "https://github.com/acme/desk.git"),
        ("https://api.github.com/", "https://github.com/acme/desk.git"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com/acme/desk.git"),
        ("https://git.acme.test/api/v3", "https://git.acme.test/acme/desk.git"),
        ("https://git.acme.test:8443/api/v3/", "https://git.acme.test:8443/acme/desk.git"),
        ("http://localhost:3000", "http://localhost:3000/acme/desk.git"),
    ],
)
def test_where_git_pushes(api: str, git: str) -> None:
    """Follows from the API's address alone."""
    assert address_of(Github(repository="acme/desk", api_url=api)).git == git


def test_a_repository_must_be_named() -> None:
    """Else it is said where."""
    with pytest.raises(SettingsError, match=r"\[github\] repository is empty"):
        address_of(Github())


def test_a_server_of_ones_own(at: Place) -> None:
    """By its layout of addresses: everything works as on github.com."""
    host = at.host(api_url=at.double.enterprise_url)
    number = opened(host, at, labels=("metabot",))
    host.say(number, "hello", "Good day.")
    assert [pull.number for pull in host.pulls()] == [number]
    assert {one.path.split("/")[1] for one in at.double.asked} == {"api", "acme"}


def test_the_name_may_be_written_in_other_letters(at: Place) -> None:
    """GitHub tells no capitals apart."""
    host = at.host(repository="Acme/Desk")
    at.double.push_as("metabot-bot", "metabot/a", {"a.txt": "a\n"})
    at.double.open_pull("metabot-bot", "metabot/a")
    assert [pull.own_branch for pull in host.pulls()] == [True]
