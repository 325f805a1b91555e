"""What git is told to ignore: our environment, and whatever a repository's own settings could start."""

from __future__ import annotations

import os
import re
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


def environment(path: Path, scheme: str | None) -> dict[str, str]:
    settings = _IN_FORCE | ({f"protocol.{scheme}.allow": "always"} if scheme else {})
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK") if name in os.environ}
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
    if "::" not in url and "://" not in url:
        return "ssh" if re.match(r"[^/]+:", url) else "file"
    raise RepositoryError(f"{redact(url)[0]}: not an address that metabot talks to.\n  Use a path, https:// or ssh://.")


def words_of(text: str) -> str:
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return redact(" ".join(printable.split()))[0][:1000]
