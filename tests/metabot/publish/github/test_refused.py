"""GitHub's no, in words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from metabot.config import Github
from metabot.publish.github.address import address_of
from metabot.publish.github.connection import Answer
from metabot.publish.github.refused import refused

NO_RIGHT = "Resource not accessible by personal access token"


@pytest.mark.parametrize(
    ("status", "told", "words"),
    [
        (403, {"message": NO_RIGHT, "x-accepted-github-permissions": "pull_requests=write"}, "pull requests: write."),
        (403, {"message": NO_RIGHT}, "Contents, Pull requests and Issues: read and write."),
        (403, {"message": "Repository was archived so is read-only."}, "the repository is archived"),
        (403, {"message": "Protected by SAML.", "x-github-sso": "required; url=https://x"}, "single sign-on"),
        (403, {"message": "No.\x1b[31m\n@ada"}, "it is forbidden (403: No. [31m @ada)"),
        (404, {"message": "Not Found"}, "whether the token lists acme/desk"),
        (410, {"message": "Gone"}, "issues are off in this repository"),
        (
            422,
            {"message": "Not so", "errors": [{"resource": "PullRequest", "field": "base"}]},
            "Not so; PullRequest base",
        ),
        (422, {"message": "Not so", "errors": [{"message": "No commits between main and x"}]}, "No commits"),
        (422, {"message": "Not so", "errors": ["too long", 7]}, "Not so; too long; 7"),
        (451, {"message": "Unavailable"}, "it refuses (451: Unavailable)"),
        (418, "a teapot", "it refuses (418)"),
    ],
)
def test_githubs_own_words_are_passed_on(status: int, told: Any, words: str) -> None:
    """Made printable; with what to do about it."""
    address = address_of(Github(repository="acme/desk"))
    error = refused(address, "edit #1", Answer(status, told if isinstance(told, dict) else {}, json.dumps(told)))
    assert str(error).startswith("https://github.com/acme/desk: GitHub did not edit #1: ")
    assert words in str(error)
    assert len(str(error).splitlines()) == 2
