"""What ran over a commit, and which of it the base branch requires, as far as the token is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, TypeVar
from urllib.parse import quote

from metabot.publish.github import answers
from metabot.publish.github.client import Client
from metabot.publish.github.refused import RefusedError
from metabot.publish.host import Check

T = TypeVar("T")
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
    """Of a private repository, check runs are hidden from every fine-grained token, and jobs of Actions are not.

    https://github.com/orgs/community/discussions/179545: there is no such right to be given.
    """
    path = f"/repos/{client.address.repository}/commits/{revision}/check-runs"
    pages = _shown(lambda: list(client.pages("read checks", path, answers.CheckRuns)))
    runs = _jobs(client, revision) if pages is None else [run for page in pages for run in page.check_runs]
    return [(run.name, _state_of(run), run.html_url or "") for run in runs]


def _jobs(client: Client, revision: str) -> list[answers.CheckRun]:
    path = f"/repos/{client.address.repository}/actions/runs"
    query = {"head_sha": revision}
    pages = _shown(lambda: list(client.pages("read workflow runs", path, answers.WorkflowRuns, **query))) or []
    jobs = [
        client.pages("read jobs", f"{path}/{run.id}/jobs", answers.Jobs) for page in pages for run in page.workflow_runs
    ]
    return [job for pages in jobs for page in pages for job in page.jobs]


def _statuses(client: Client, revision: str) -> list[tuple[str, State, str]]:
    path = f"/repos/{client.address.repository}/commits/{revision}/status"
    known: dict[str, State] = {"success": "passed", "pending": "pending"}
    pages = _shown(lambda: list(client.pages("read statuses", path, answers.Statuses))) or []
    return [
        (one.context, known.get(one.state, "failed"), one.target_url or "") for page in pages for one in page.statuses
    ]


def _shown(ask: Callable[[], list[T]]) -> list[T] | None:
    """None where the token may not see it, or the server does not have it."""
    try:
        return ask()
    except RefusedError as error:
        if error.status not in (403, 404):
            raise
        return None


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
