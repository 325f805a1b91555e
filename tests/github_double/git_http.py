"""Git over HTTP through git's own `http-backend`, with GitHub's refusals, and an eye on what a push does."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from github_double.answers import Answer, RefusedError
from github_double.bare import environment
from github_double.called import Called, secret_of
from github_double.place import Place
from github_double.state import Token

_CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="GitHub"', "Content-Type": "text/plain"}
_PLAIN: Final = {"Content-Type": "text/plain"}


def is_git(path: str) -> bool:
    return urlsplit(path).path.endswith(("/info/refs", "/git-upload-pack", "/git-receive-pack"))


def answered(place: Place, called: Called) -> Answer:
    path = urlsplit(called.path).path
    name, _, service = path.lstrip("/").partition(".git/")
    writes = "git-receive-pack" in called.path
    if name in place.former:
        return Answer(301, None, {"Location": called.path.replace(name, place.name, 1)})
    if name != place.name:
        return Answer(404, "Repository not found.", _PLAIN)
    try:
        secret = secret_of(called.headers)
        token = None if secret is None else place.token_of(secret)
    except RefusedError:
        return Answer(401, "Invalid username or token.", _CHALLENGE)
    refused = _refused(place, token, writes=writes)
    if refused is not None:
        return refused
    stood = place.bare.branches()
    answer = _backend(place, called, service, token)
    if service == "git-receive-pack":
        _looked_at(place, stood, token)
    return answer


def _refused(place: Place, token: Token | None, *, writes: bool) -> Answer | None:
    if token is None:
        return Answer(401, "Authentication required.", _CHALLENGE) if writes or place.private else None
    role = place.role(token.login)
    if place.private and (not token.listed or role == "none"):
        return Answer(404, "Repository not found.", _PLAIN)
    if writes and (not token.listed or not token.may("contents", "write") or role in ("read", "triage")):
        return Answer(403, "Write access to repository not granted.", _PLAIN)
    if place.private and not token.may("contents", "read"):
        return Answer(403, "Repository access not granted.", _PLAIN)
    return None


def _backend(place: Place, called: Called, service: str, token: Token | None) -> Answer:
    parts = urlsplit(called.path)
    variables = {
        **environment(),
        "GIT_PROJECT_ROOT": str(place.bare.path),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{service}",
        "QUERY_STRING": parts.query,
        "REQUEST_METHOD": called.method,
        "CONTENT_TYPE": called.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(called.content)),
        "HTTP_CONTENT_ENCODING": called.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": called.headers.get("git-protocol", ""),
        "REMOTE_USER": token.login if token else "",
        "REMOTE_ADDR": "127.0.0.1",
        "DOUBLE_PROTECTED": f"refs/heads/{place.protected}",
        "DOUBLE_WORKFLOWS": "yes" if token and token.may("workflows", "write") else "no",
    }
    done = subprocess.run(["git", "http-backend"], input=called.content, capture_output=True, check=True, env=variables)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
    return Answer(int(headers.pop("Status", "200 OK").split()[0]), body, headers)


def _looked_at(place: Place, stood: Mapping[str, str], token: Token | None) -> None:
    """Writes down what a push did that metabot's must not."""
    stands = place.bare.branches()
    for name, before in stood.items():
        after = stands.get(name)
        if after != before:
            place.violations += place.wrongs(name, before, after)
    place.follow(token.login if token else None)
