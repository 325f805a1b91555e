"""What git is told to ignore: our environment, and whatever a repository's own settings could start."""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from metabot.errors import RepositoryError
from metabot.redact import redact

AUTHOR: Final = "metabot"
AUTHOR_EMAIL: Final = "metabot@users.noreply.invalid"

# Whatever a repository's own configuration could start, or where it could send git instead.
_IN_FORCE: Final = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.alternateRefsCommand": "true",
    "core.attributesFile": "/dev/null",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "credential.helper": "",  # an empty value forgets every helper named before it
    "gc.auto": "0",
    "maintenance.auto": "false",
    "push.gpgSign": "false",
    "protocol.allow": "never",  # also keeps a partial clone from fetching with the program that its settings name
    "safe.directory": "*",  # of another owner: what could be started from it is out of force
}
ON_DISK: Final = "git -c core.hooksPath=/dev/null -c core.alternateRefsCommand=true -c 'safe.directory=*' "


_KEPT: Final = ("PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK")
# How a web server is reached and known; lower case is what curl reads.
_KEPT_FOR_HTTPS: Final = ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "GIT_SSL_CAINFO", "SSL_CERT_FILE")
_ON_THIS_MACHINE: Final = re.compile(r"http://(127\.0\.0\.1|localhost)(:\d+)?/")


@dataclass(frozen=True, slots=True)
class Access:
    """How one repository on the web is asked with a token, which git alone is told, in its environment, when it asks.

    git sends it to this address and to no other, nor where that one redirects to.
    """

    address: str  # `https://github.com/owner/name`
    token_variable: str

    @property
    def settings(self) -> dict[str, str]:
        token = os.environ.get(self.token_variable, "").strip()
        if not token:
            return {}
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        header = f"Authorization: Basic {basic}"
        asked = {f"http.{address}.extraHeader": header for address in (self.address, f"{self.address}.git")}
        return {**asked, "http.followRedirects": "false"}


def environment(path: Path, scheme: str | None, access: Access | None = None) -> dict[str, str]:
    settings = _IN_FORCE | ({f"protocol.{scheme}.allow": "always"} if scheme else {})
    settings |= access.settings if access and scheme in ("https", "http") else {}
    names = _KEPT + (_KEPT_FOR_HTTPS if scheme == "https" else ())
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {
        **kept,
        "LC_ALL": "C.UTF-8",
        "GIT_ASKPASS": "",  # set and empty: neither core.askPass nor SSH_ASKPASS is started
        "GIT_CEILING_DIRECTORIES": str(path.parent),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_PAGER": "cat",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_COUNT": str(len(settings)),
        **{f"GIT_CONFIG_KEY_{number}": key for number, key in enumerate(settings)},
        **{f"GIT_CONFIG_VALUE_{number}": value for number, value in enumerate(settings.values())},
    }


def identity(date: str) -> dict[str, str]:
    who = {"NAME": AUTHOR, "EMAIL": AUTHOR_EMAIL, "DATE": date}
    return {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in who.items()}


def scheme_of(url: str) -> str:
    if url.startswith(("https://", "ssh://", "file://")):
        return url.split(":", 1)[0]
    if _ON_THIS_MACHINE.match(url):
        return "http"
    if "::" not in url and "://" not in url:
        return "ssh" if re.match(r"[^/]+:", url) else "file"
    raise RepositoryError(f"{redact(url)[0]}: not an address that metabot talks to.\n  Use a path, https:// or ssh://.")


def words_of(text: str) -> str:
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return redact(" ".join(printable.split()))[0][:1000]
