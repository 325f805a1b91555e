"""metabot's branches in the repository on GitHub, through git with the token."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import quote

import tenacity

from metabot.errors import PublishError, RepositoryError
from metabot.git import Repository
from metabot.git_remote import RemoteUnreachableError
from metabot.publish.github import answers
from metabot.publish.github.client import Client, token_of
from metabot.publish.github.pulls import PREFIX

T = TypeVar("T")
_ATTEMPTS: Final = 3
_NO_RIGHT: Final = re.compile(r"error: 40[13]\b|Authentication failed")


class Branches:
    def __init__(self, client: Client, repository: Repository, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._address = client.address
        self._repository = Repository(repository.path, client.address.access)
        self._sleep = sleep

    def head(self, name: str) -> str | None:
        path = f"/repos/{self._address.repository}/git/ref/heads/{quote(name)}"
        found = self._client.find("read a branch", path, answers.Reference)
        return found.object.sha if found is not None and found.ref == f"refs/heads/{name}" else None

    def brought(self, name: str) -> str | None:
        """As `head`; its objects are in the repository here then."""
        there = self.head(name)
        if there is None or self._repository.resolve(there) is not None:
            return there
        return self._done(f"fetch {name}", lambda: self._repository.bring(self._address.git, [name])).get(name)

    def push(self, name: str, revision: str) -> None:
        """What another process pushed meanwhile, or what was pushed though the answer was lost, is pushed."""
        self._only_own(name)
        try:
            self._done(f"take branch {name}", lambda: self._repository.push(self._address.git, name, revision))
        except PublishError:
            if self.head(name) != revision:
                raise

    def delete(self, name: str, *, at: str) -> None:
        self._only_own(name)
        if self.head(name) != at:
            return
        try:
            self._done(f"delete {name}", lambda: self._repository.delete_at(self._address.git, name, at=at))
        except PublishError:
            if self.head(name) == at:
                raise

    def _done(self, what: str, act: Callable[[], T]) -> T:
        token_of(self._address)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(RemoteUnreachableError),
            wait=tenacity.wait_exponential_jitter(initial=1, max=10, jitter=1),
            stop=tenacity.stop_after_attempt(_ATTEMPTS),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(act)
        except RepositoryError as error:
            said = str(error).splitlines()[0]
            raise PublishError(f"{self._address.page}: GitHub did not {what}: {said}\n  {_advice(said)}") from error

    def _only_own(self, name: str) -> None:
        if not name.startswith(PREFIX):
            raise PublishError(f"{name}: not a branch of metabot's, which begin with {PREFIX}.\n  It is left alone.")


def _advice(said: str) -> str:
    if _NO_RIGHT.search(said):
        return "Give the token, for this repository: Contents: read and write. An archived one takes nothing."
    if "GH006" in said or "GH013" in said or "protected branch" in said:
        return f"A rule protects the branch: except branches that begin with {PREFIX} from it."
    if "without `workflow` scope" in said:
        return "metabot changes no workflow: take .github/workflows out of what it may change."
    return "Look at the branch there; metabot never forces a push."
