"""The dashboard: one issue of metabot's own, known by its number, or by its author and a hidden mark.

People may edit it: what they write below the mark stays, and an issue that lost the mark is still known by its number.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from metabot.publish.github import answers
from metabot.publish.github.client import Client
from metabot.publish.github.kept import File
from metabot.publish.github.refused import RefusedError
from metabot.publish.github.texts import DASHBOARD, plain
from metabot.publish.host import Dashboard

_MARK: Final = DASHBOARD.strip()


class Board:
    def __init__(self, client: Client, kept: Path) -> None:
        self._client = client
        self._path = f"/repos/{client.address.repository}/issues"
        self._number = File(kept, int)  # where it was last, so that not every issue has to be read

    def read(self, login: str) -> Dashboard | None:
        found = self._last(login) or self._listed(login)
        return None if found is None else self._kept(found)

    def write(self, login: str, title: str, body: str) -> Dashboard:
        there = self._last(login) or self._listed(login)
        values = {"title": title, "body": f"{body.rstrip()}{DASHBOARD}{_below(there)}"}
        if there is None:
            made = partial(self._listed, login)
            there = self._client.make("write the dashboard", self._path, answers.Issue, values, made=made)
        elif (there.title, plain(there.body)) != (values["title"], values["body"]):
            where = f"{self._path}/{there.number}"
            there = self._client.change("write the dashboard", "PATCH", where, answers.Issue, values)
        return self._kept(there)

    def _kept(self, found: answers.Issue) -> Dashboard:
        if found.number != self._number.read():
            self._number.write(found.number)
        return _dashboard(found)

    def _last(self, login: str) -> answers.Issue | None:
        number = self._number.read()
        if number is None:
            return None
        try:
            found = self._client.find("read the dashboard", f"{self._path}/{number}", answers.Issue)
        except RefusedError as error:
            if not 300 <= error.status < 400:  # it went to another repository
                raise
            return None
        return found if found is not None and _is_by(found, login) else None

    def _listed(self, login: str) -> answers.Issue | None:
        """The oldest, should there be two."""
        query = {"creator": login, "state": "all", "sort": "created", "direction": "asc"}
        pages = self._client.pages("look for the dashboard", self._path, list[answers.Issue], **query)
        return next((one for page in pages for one in page if _is_by(one, login) and _MARK in plain(one.body)), None)


def _is_by(issue: answers.Issue, login: str) -> bool:
    by_metabot = issue.user is not None and issue.user.login.casefold() == login.casefold()
    return by_metabot and issue.pull_request is None


def _below(issue: answers.Issue | None) -> str:
    """What a person wrote below the mark."""
    return "" if issue is None else plain(issue.body).partition(_MARK)[2].rstrip()


def _dashboard(issue: answers.Issue) -> Dashboard:
    return Dashboard(
        number=issue.number,
        body=plain(issue.body).partition(_MARK)[0].rstrip(),
        labels=tuple(label if isinstance(label, str) else label.name for label in issue.labels),
        open=issue.state == "open",
        where=issue.html_url,
    )
