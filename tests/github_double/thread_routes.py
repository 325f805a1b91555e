"""Issues, and what pull requests share with them: comments and labels."""

from __future__ import annotations

from github_double.answers import Answer, RefusedError, invalid, not_found
from github_double.asking import Asking
from github_double.routing import REPOSITORY, Route, Routes
from github_double.state import Comment, Issue

_THREAD = ("issues", "pull_requests")


def issues(asking: Asking) -> Answer:
    """Pull requests are among them."""
    state, creator = asking.query.get("state", "open"), asking.query.get("creator")
    labels = {name for name in asking.query.get("labels", "").split(",") if name}
    found = [
        issue
        for issue in asking.listed(list(asking.place.issues.values()))
        if state in ("all", issue.state)
        and creator in (None, issue.author)
        and labels <= set(issue.labels)
        and (asking.since is None or issue.updated >= asking.since)
    ]
    keys = {
        "created": lambda one: (one.created, one.number),
        "updated": lambda one: (one.updated, one.number),
        "comments": lambda one: (len(one.comments), one.number),
    }
    return asking.page(asking.sorted(found, keys, "Issue"), asking.shown.issue)


def issue(asking: Asking) -> Answer:
    return Answer(200, asking.shown.issue(_issue(asking), whole=True))


def new_issue(asking: Asking) -> Answer:
    if not asking.place.has_issues:
        raise RefusedError(410, "Issues has been disabled in this repository.")
    if not asking.body["title"]:
        raise invalid("Issue", "title", "missing_field")
    short_enough(asking, "Issue")
    opened = asking.place.opened(asking.login, asking.body["title"], asking.body.get("body") or "")
    _set_labels(asking, opened, asking.body.get("labels", []))
    return Answer(201, asking.shown.issue(opened, whole=True))


def edit_issue(asking: Asking) -> Answer:
    edited = _issue(asking)
    short_enough(asking, "Issue")
    apply(asking, edited)
    if "labels" in asking.body:
        edited.labels = []
        _set_labels(asking, edited, asking.body["labels"])
    return Answer(200, asking.shown.issue(edited, whole=True))


def apply(asking: Asking, edited: Issue) -> None:
    """The title, text and state that a request gives an issue or a pull request."""
    asking.own(edited.author, f"edited #{edited.number}")
    edited.title = asking.body.get("title", edited.title)
    edited.body = asking.body.get("body", edited.body) or ""
    edited.updated = asking.place.now()
    match asking.body.get("state", edited.state):
        case "closed" if edited.state == "open":
            asking.place.ended(edited, asking.login)
        case "open" if edited.state == "closed":
            asking.place.reopened(edited)


def comments(asking: Asking) -> Answer:
    """Oldest first."""
    thread = _issue(asking)
    found = [one for one in thread.comments if asking.since is None or one.updated >= asking.since]
    return asking.page(found, lambda one: asking.shown.comment(thread, one))


def all_comments(asking: Asking) -> Answer:
    found = [
        (thread, one)
        for thread in asking.place.issues.values()
        for one in thread.comments
        if asking.since is None or one.updated >= asking.since
    ]
    keys = {"created": lambda one: (one[1].created, one[1].id), "updated": lambda one: (one[1].updated, one[1].id)}
    return asking.page(asking.sorted(found, keys, "IssueComment"), lambda one: asking.shown.comment(*one))


def new_comment(asking: Asking) -> Answer:
    thread = _issue(asking)
    if thread.locked:
        raise RefusedError(403, "Unable to create comment because issue is locked.")
    if not asking.body["body"].strip():
        raise invalid("IssueComment", "body", "missing_field")
    short_enough(asking, "IssueComment")
    made = asking.place.commented(thread.number, asking.login, asking.body["body"])
    return Answer(201, asking.shown.comment(thread, made))


def comment(asking: Asking) -> Answer:
    return Answer(200, asking.shown.comment(*_comment(asking)))


def edit_comment(asking: Asking) -> Answer:
    thread, found = _comment(asking)
    asking.own(found.author, f"edited a comment on #{thread.number}")
    short_enough(asking, "IssueComment")
    found.body, found.updated = asking.body["body"], asking.place.now()
    return Answer(200, asking.shown.comment(thread, found))


def delete_comment(asking: Asking) -> Answer:
    thread, found = _comment(asking)
    asking.own(found.author, f"deleted a comment on #{thread.number}")
    thread.comments.remove(found)
    return Answer(204)


def labels_of(asking: Asking) -> Answer:
    return asking.page(_issue(asking).labels, asking.shown.label)


def add_labels(asking: Asking) -> Answer:
    thread = _issue(asking)
    _set_labels(asking, thread, asking.body["labels"] if isinstance(asking.body, dict) else asking.body)
    return Answer(200, [asking.shown.label(name) for name in thread.labels])


def replace_labels(asking: Asking) -> Answer:
    _issue(asking).labels = []
    return add_labels(asking)


def remove_label(asking: Asking) -> Answer:
    thread, name = _issue(asking), asking.named["name"]
    if name not in thread.labels:
        raise RefusedError(404, "Label does not exist")
    thread.labels.remove(name)
    return Answer(200, [asking.shown.label(one) for one in thread.labels])


def labels(asking: Asking) -> Answer:
    return asking.page(list(asking.place.labels), asking.shown.label)


def label(asking: Asking) -> Answer:
    if asking.named["name"] not in asking.place.labels:
        raise not_found()
    return Answer(200, asking.shown.label(asking.named["name"]))


def new_label(asking: Asking) -> Answer:
    name = asking.body["name"]
    if name.casefold() in {known.casefold() for known in asking.place.labels}:
        raise invalid("Label", "name", "already_exists")
    asking.place.labels[name] = (asking.body.get("color", "ededed"), asking.body.get("description", ""))
    return Answer(201, asking.shown.label(name))


def _set_labels(asking: Asking, thread: Issue, names: list[str]) -> None:
    """Those that the repository does not have come to be. Who may not push labels nothing, and is not told."""
    if asking.place.role(asking.login) in ("read", "none"):
        return
    for name in names:
        asking.place.labels.setdefault(name, ("ededed", ""))
        thread.labels += [] if name in thread.labels else [name]
    thread.updated = asking.place.now()


def short_enough(asking: Asking, resource: str) -> None:
    """GitHub's longest title has 256 characters, its longest text 65,536."""
    if len(asking.body.get("title") or "") > 256:
        raise RefusedError(422, "Validation Failed", {"resource": resource, "field": "title", "code": "custom"})
    if len(asking.body.get("body") or "") > 65536:
        message = "body is too long (maximum is 65536 characters)"
        raise RefusedError(422, "Validation Failed", {"resource": resource, "code": "custom", "message": message})


def _issue(asking: Asking) -> Issue:
    number = asking.named["issue_number"]
    if not number.isdigit() or int(number) not in asking.place.issues:
        raise not_found()
    found = asking.place.issues[int(number)]
    if found.deleted:
        raise RefusedError(410, "This issue was deleted")
    return found


def _comment(asking: Asking) -> tuple[Issue, Comment]:
    for thread in asking.place.issues.values():
        for found in thread.comments:
            if str(found.id) == asking.named["comment_id"]:
                return thread, found
    raise not_found()


ROUTES: Routes = {
    ("GET", f"{REPOSITORY}/issues"): Route(issues, ("issues",)),
    ("POST", f"{REPOSITORY}/issues"): Route(new_issue, ("issues",), "write"),
    ("GET", f"{REPOSITORY}/issues/comments"): Route(all_comments, _THREAD),
    ("GET", f"{REPOSITORY}/issues/comments/{{comment_id}}"): Route(comment, _THREAD),
    ("PATCH", f"{REPOSITORY}/issues/comments/{{comment_id}}"): Route(edit_comment, _THREAD, "write"),
    ("DELETE", f"{REPOSITORY}/issues/comments/{{comment_id}}"): Route(delete_comment, _THREAD, "write"),
    ("GET", f"{REPOSITORY}/issues/{{issue_number}}"): Route(issue, _THREAD),
    ("PATCH", f"{REPOSITORY}/issues/{{issue_number}}"): Route(edit_issue, _THREAD, "write"),
    ("GET", f"{REPOSITORY}/issues/{{issue_number}}/comments"): Route(comments, _THREAD),
    ("POST", f"{REPOSITORY}/issues/{{issue_number}}/comments"): Route(new_comment, _THREAD, "write"),
    ("GET", f"{REPOSITORY}/issues/{{issue_number}}/labels"): Route(labels_of, _THREAD),
    ("POST", f"{REPOSITORY}/issues/{{issue_number}}/labels"): Route(add_labels, _THREAD, "write"),
    ("PUT", f"{REPOSITORY}/issues/{{issue_number}}/labels"): Route(replace_labels, _THREAD, "write"),
    ("DELETE", f"{REPOSITORY}/issues/{{issue_number}}/labels/{{name}}"): Route(remove_label, _THREAD, "write"),
    ("GET", f"{REPOSITORY}/labels"): Route(labels, _THREAD),
    ("POST", f"{REPOSITORY}/labels"): Route(new_label, _THREAD, "write"),
    ("GET", f"{REPOSITORY}/labels/{{name}}"): Route(label, _THREAD),
}
