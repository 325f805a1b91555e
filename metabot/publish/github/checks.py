"""What ran over a commit, and which of it the base branch requires, as far as the token is told."""

from __future__ import annotations

from typing import Final, Literal
from urllib.parse import quote

from metabot.publish.github import answers
from metabot.publish.github.client import Client
from metabot.publish.github.refused import RefusedError
from metabot.publish.host import Check

State = Literal["passed", "failed", "pending"]
_PASSED: Final = ("success", "neutral", "skipped")


def checks(client: Client, revision: str, base_branch: str) -> list[Check]:
    """Check runs, and statuses of the older kind."""
    required = _required(client, base_branch)
    found = [*_runs(client, revision), *_statuses(client, revision)]
    return [
        Check(name=name, state=state, required=None if required is None else name in required, where=where)
        for name, state, where in found
    ]


def _runs(client: Client, revision: str) -> list[tuple[str, State, str]]:
    path = f"/repos/{client.address.repository}/commits/{revision}/check-runs"
    try:
        pages = list(client.pages("read checks", path, answers.CheckRuns))
    except RefusedError as error:
        if error.status != 403:
            raise
        return []  # not every token can be given the right to read them: the statuses are what is left
    return [(run.name, _state_of(run), run.html_url or "") for page in pages for run in page.check_runs]


def _statuses(client: Client, revision: str) -> list[tuple[str, State, str]]:
    path = f"/repos/{client.address.repository}/commits/{revision}/status"
    known: dict[str, State] = {"success": "passed", "pending": "pending"}
    try:
        pages = list(client.pages("read statuses", path, answers.Statuses))
    except RefusedError as error:
        if error.status != 403:
            raise
        return []
    return [
        (one.context, known.get(one.state, "failed"), one.target_url or "") for page in pages for one in page.statuses
    ]


def _state_of(run: answers.CheckRun) -> State:
    if run.status != "completed":
        return "pending"
    return "passed" if run.conclusion in _PASSED else "failed"


def _required(client: Client, branch: str) -> frozenset[str] | None:
    """By the branch's protection and by rules; None where the protection is there and not shown."""
    repository, name = f"/repos/{client.address.repository}", quote(branch)
    found = client.find("read the base branch", f"{repository}/branches/{name}", answers.Branch)
    if found is None or (found.protected and found.protection is None):
        return None
    rules = client.find("read the base's rules", f"{repository}/rules/branches/{name}", list[answers.Rule]) or []
    checked = found.protection.required_status_checks if found.protection else None
    ruled = [rule.parameters for rule in rules if rule.type == "required_status_checks" and rule.parameters]
    names = {check.context for parameters in ruled for check in parameters.required_status_checks}
    return frozenset(names | set(checked.contexts if checked else ()))
