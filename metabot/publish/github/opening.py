"""Opening a draft, which takes several requests: a process that ends between two of them leaves a mark in the text."""

from __future__ import annotations

from metabot.errors import PublishError
from metabot.publish.github import answers
from metabot.publish.github.client import Client
from metabot.publish.github.pulls import Pulls
from metabot.publish.github.refused import RefusedError
from metabot.publish.github.texts import OPENING
from metabot.publish.host import Draft


def opened(client: Client, pulls: Pulls, draft: Draft, login: str) -> answers.Pull:
    """The one that is open for the branch, or a new one; with its labels and reviewers."""
    pull = pulls.open_from(draft.branch) or _made(client, pulls, draft)
    return _finished(client, pulls, pull, draft, login) if OPENING.strip() in (pull.body or "") else pull


def _made(client: Client, pulls: Pulls, draft: Draft) -> answers.Pull:
    values = {
        "title": draft.title,
        "body": f"{draft.body}{OPENING}",
        "head": draft.branch,
        "base": draft.base_branch,
        "draft": True,
    }
    path = f"/repos/{client.address.repository}/pulls"

    def look() -> answers.Pull | None:
        return pulls.open_from(draft.branch)

    try:
        return client.make("open a pull request", path, answers.Pull, values, made=look)
    except RefusedError as error:
        found = client.sought(look) if error.status == 422 and "already exists" in error.said else None
        if found is None:
            raise _without_drafts(client, error) from error
        return found


def _without_drafts(client: Client, error: RefusedError) -> PublishError:
    if "draft pull requests are not supported" not in error.said.lower():
        return error
    return PublishError(
        f"{client.address.page}: GitHub has no draft pull requests here ({error.said}).\n"
        "  metabot opens nothing else: make the repository public, or change its plan."
    )


def _finished(client: Client, pulls: Pulls, pull: answers.Pull, draft: Draft, login: str) -> answers.Pull:
    if draft.labels:
        path = f"/repos/{client.address.repository}/issues/{pull.number}/labels"
        client.change("set labels", "POST", path, list[answers.Label], {"labels": list(draft.labels)})
    _ask(client, pull.number, [one for one in draft.reviewers if one.casefold() != login.casefold()])
    return pulls.set(pull.number, {"body": draft.body})


def _ask(client: Client, number: int, reviewers: list[str]) -> None:
    """All at once; where GitHub refuses one, it refuses all, so that each is asked alone."""
    path = f"/repos/{client.address.repository}/pulls/{number}/requested_reviewers"
    rounds = [reviewers] if reviewers else []
    while rounds:
        some = rounds.pop()
        people = [one for one in some if "/" not in one]
        teams = [one.split("/", 1)[1] for one in some if "/" in one]
        try:
            client.change("ask for reviews", "POST", path, answers.Pull, {"reviewers": people, "team_reviewers": teams})
        except RefusedError as error:
            if error.status not in (403, 404, 422):
                raise
            rounds += [[one] for one in some] if len(some) > 1 else []
