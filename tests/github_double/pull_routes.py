"""Pull requests. What metabot must never do to one is written down as a violation, and refused."""

from __future__ import annotations

from github_double.answers import Answer, RefusedError, invalid, not_found, refused_by_rule
from github_double.asking import Asking
from github_double.commit_routes import shown_change, shown_commit
from github_double.routing import REPOSITORY, Route, Routes
from github_double.state import Pull
from github_double.thread_routes import apply, short_enough

_RIGHT = ("pull_requests",)
_ONE = f"{REPOSITORY}/pulls/{{pull_number}}"


def pulls(asking: Asking) -> Answer:
    """A `head` without its owner filters nothing, as on GitHub."""
    there = asking.listed(asking.place.pulls)
    state, base, head = asking.query.get("state", "open"), asking.query.get("base"), asking.query.get("head", "")
    found = [
        pull
        for pull in there
        if state in ("all", pull.state)
        and base in (None, pull.base)
        and (":" not in head or head == f"{pull.fork or asking.place.owner}:{pull.head}")
    ]
    keys = {
        "created": lambda one: (one.created, one.number),
        "updated": lambda one: (one.updated, one.number),
        "popularity": lambda one: (len(one.comments), one.number),
        "long-running": lambda one: (one.created, one.number),
    }
    return asking.page(asking.sorted(found, keys, "PullRequest"), asking.shown.pull)


def pull(asking: Asking) -> Answer:
    return Answer(200, asking.shown.whole_pull(_pull(asking)))


def new_pull(asking: Asking) -> Answer:
    place, body = asking.place, asking.body
    head, base = body["head"].removeprefix(f"{place.owner}:"), body["base"]
    branches = place.bare.branches()
    if not body.get("title"):
        raise invalid("PullRequest", "title", "missing_field")
    for field, branch in (("head", head), ("base", base)):
        if branch not in branches:
            raise invalid("PullRequest", field)
    if any(one.state == "open" and (one.head, one.base, one.fork) == (head, base, None) for one in place.pulls):
        raise refused_by_rule("PullRequest", f"A pull request already exists for {place.owner}:{head}.")
    if not place.bare.between(branches[base], branches[head]):
        raise refused_by_rule("PullRequest", f"No commits between {base} and {head}")
    if body.get("draft") and not place.drafts:
        raise RefusedError(422, "Draft pull requests are not supported in this repository.")
    short_enough(asking, "PullRequest")
    opened = place.opened_pull(
        asking.login,
        body["title"],
        body.get("body") or "",
        head=head,
        base=base,
        head_sha=branches[head],
        draft=bool(body.get("draft")),
        fork=None,
    )
    return Answer(201, asking.shown.whole_pull(opened))


def edit_pull(asking: Asking) -> Answer:
    edited = _pull(asking)
    short_enough(asking, "PullRequest")
    reopens = asking.body.get("state") == "open" and edited.state == "closed"
    if reopens and (edited.merged or edited.head not in asking.place.bare.branches()):
        raise refused_by_rule("PullRequest", "state cannot be changed. The pull request cannot be reopened.")
    apply(asking, edited)
    return Answer(200, asking.shown.whole_pull(edited))


def commits(asking: Asking) -> Answer:
    return asking.page(asking.place.commits_of(_pull(asking)), lambda one: shown_commit(asking, one))


def files(asking: Asking) -> Answer:
    found = _pull(asking)
    changes = asking.place.bare.changes(found.base_sha, found.head_sha)
    return asking.page(changes, lambda one: shown_change(asking, one, found.head_sha))


def reviewers(asking: Asking) -> Answer:
    found = _pull(asking)
    users = [asking.shown.user(login) for login in found.reviewers]
    return Answer(200, {"users": users, "teams": [asking.shown.team(slug) for slug in found.teams]})


def ask_reviewers(asking: Asking) -> Answer:
    """All of them, or none where one of them cannot be asked."""
    found, place = _pull(asking), asking.place
    people, teams = asking.body.get("reviewers", []), asking.body.get("team_reviewers", [])
    if found.author in people:
        raise RefusedError(422, "Review cannot be requested from pull request author.")
    strangers = [login for login in people if login not in place.people or place.role(login) == "none"]
    if strangers or set(teams) - set(place.teams):
        one = "One or more of the users or teams you specified is not a collaborator"
        message = f"Reviews may only be requested from collaborators. {one} of the {place.name} repository."
        raise RefusedError(422, message)
    found.reviewers += [login for login in people if login not in found.reviewers]
    found.teams += [slug for slug in teams if slug not in found.teams]
    return Answer(201, asking.shown.pull(found))


def reviews(asking: Asking) -> Answer:
    """Oldest first."""
    found = _pull(asking)
    return asking.page(found.reviews, lambda one: asking.shown.review(found, one))


def review(asking: Asking) -> Answer:
    asking.place.violations.append(f"reviewed #{_pull(asking).number}")
    raise RefusedError(422, "Unprocessable Entity")


def merge(asking: Asking) -> Answer:
    asking.place.violations.append(f"merged #{_pull(asking).number}")
    raise RefusedError(405, "Pull Request is not mergeable")


def update_branch(asking: Asking) -> Answer:
    asking.place.violations.append(f"merged the base into the branch of #{_pull(asking).number}")
    raise RefusedError(403, "Resource not accessible by personal access token")


def is_merged(asking: Asking) -> Answer:
    if not _pull(asking).merged:
        raise not_found()
    return Answer(204)


def _pull(asking: Asking) -> Pull:
    number = asking.named["pull_number"]
    found = asking.place.issues.get(int(number)) if number.isdigit() else None
    if not isinstance(found, Pull):
        raise not_found()
    return found


ROUTES: Routes = {
    ("GET", f"{REPOSITORY}/pulls"): Route(pulls, _RIGHT),
    ("POST", f"{REPOSITORY}/pulls"): Route(new_pull, _RIGHT, "write"),
    ("GET", _ONE): Route(pull, _RIGHT),
    ("PATCH", _ONE): Route(edit_pull, _RIGHT, "write"),
    ("GET", f"{_ONE}/commits"): Route(commits, _RIGHT),
    ("GET", f"{_ONE}/files"): Route(files, _RIGHT),
    ("GET", f"{_ONE}/merge"): Route(is_merged, _RIGHT),
    ("PUT", f"{_ONE}/merge"): Route(merge, _RIGHT, "write"),
    ("GET", f"{_ONE}/requested_reviewers"): Route(reviewers, _RIGHT),
    ("POST", f"{_ONE}/requested_reviewers"): Route(ask_reviewers, _RIGHT, "write"),
    ("GET", f"{_ONE}/reviews"): Route(reviews, _RIGHT),
    ("POST", f"{_ONE}/reviews"): Route(review, _RIGHT, "write"),
    ("PUT", f"{_ONE}/update-branch"): Route(update_branch, _RIGHT, "write"),
}
