"""Where a repository of GitHub's is asked, seen and pushed to: github.com, or a server of one's own by its base URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from metabot.config import Github
from metabot.errors import SettingsError
from metabot.git_environment import Access

_LOOPBACK: Final = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Address:
    api: str
    web: str
    repository: str  # `owner/name`
    token_variable: str

    @property
    def page(self) -> str:
        return f"{self.web}/{self.repository}"

    @property
    def git(self) -> str:
        return f"{self.page}.git"

    @property
    def access(self) -> Access:
        return Access(self.page, self.token_variable)

    @property
    def owner(self) -> str:
        return self.repository.split("/")[0]

    @property
    def here(self) -> bool:
        """On this machine: no server of GitHub's."""
        return urlsplit(self.api).hostname in _LOOPBACK


def address_of(github: Github) -> Address:
    """Raises `SettingsError` where no repository is named, or the token would travel readable."""
    if not github.repository:
        raise SettingsError('[github] repository is empty.\n  Write "owner/name" as it stands on GitHub.')
    api = github.api_url.rstrip("/")
    address = Address(api, _web(api), github.repository, github.token_variable)
    if not (api.startswith("https://") or address.here):
        raise SettingsError(f"[github] api_url = {api}: the token would travel readable.\n  Use https://.")
    return address


def _web(api: str) -> str:
    """`api.github.com` has its pages beside it; a server of one's own has its API in a folder."""
    parts = urlsplit(api)
    root = f"{parts.scheme}://{parts.netloc}"
    return root if parts.path else f"{parts.scheme}://{parts.netloc.removeprefix('api.')}"
