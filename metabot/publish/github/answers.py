"""What is read of GitHub's answers. An answer that lacks a field or has another type there does not fit."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec


class User(msgspec.Struct, frozen=True):
    login: str


class Label(msgspec.Struct, frozen=True):
    name: str


class Repository(msgspec.Struct, frozen=True):
    id: int
    full_name: str
    private: bool = False
    archived: bool = False
    has_issues: bool = True
    permissions: dict[str, bool] = {}


class End(msgspec.Struct, frozen=True):
    """A pull request's head or base. The repository of a deleted fork is gone."""

    ref: str
    sha: str
    repo: Repository | None


class Pull(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    title: str
    body: str | None
    state: Literal["open", "closed"]
    draft: bool = False
    head: End
    base: End
    user: User | None
    labels: list[Label]
    html_url: str
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    merged_at: datetime | None
    merge_commit_sha: str | None
    merged_by: User | None = None  # of a single one alone


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """A pull request is one, too."""

    number: int
    title: str
    body: str | None = None
    state: str
    user: User | None
    labels: list[Label | str]
    html_url: str
    closed_by: User | None = None
    pull_request: dict[str, Any] | None = None


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    body: str | None = None
    user: User | None
    created_at: datetime


class Review(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    body: str | None
    user: User | None
    submitted_at: datetime | None = None  # none before it was sent


class Signature(msgspec.Struct, frozen=True):
    email: str | None = None


class Signed(msgspec.Struct, frozen=True):
    author: Signature | None
    committer: Signature | None


class Commit(msgspec.Struct, frozen=True):
    sha: str
    commit: Signed


class File(msgspec.Struct, frozen=True, kw_only=True):
    filename: str
    status: str
    previous_filename: str | None = None


class Content(msgspec.Struct, frozen=True):
    """A file's; of one above a megabyte the encoding is `none`."""

    type: str
    encoding: str = ""
    content: str = ""


class Pointed(msgspec.Struct, frozen=True):
    sha: str


class Reference(msgspec.Struct, frozen=True):
    ref: str
    object: Pointed


class CheckRun(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    status: str
    conclusion: str | None
    html_url: str | None = None


class CheckRuns(msgspec.Struct, frozen=True):
    check_runs: list[CheckRun]


class WorkflowRun(msgspec.Struct, frozen=True):
    id: int


class WorkflowRuns(msgspec.Struct, frozen=True):
    workflow_runs: list[WorkflowRun]


class Jobs(msgspec.Struct, frozen=True):
    """Each is a check run of the same name."""

    jobs: list[CheckRun]


class Status(msgspec.Struct, frozen=True, kw_only=True):
    context: str
    state: str
    target_url: str | None = None


class Statuses(msgspec.Struct, frozen=True):
    statuses: list[Status]


class RequiredChecks(msgspec.Struct, frozen=True):
    contexts: list[str] = []


class Protection(msgspec.Struct, frozen=True):
    required_status_checks: RequiredChecks | None = None


class Branch(msgspec.Struct, frozen=True):
    protected: bool
    protection: Protection | None = None  # told to whom may push


class RuleCheck(msgspec.Struct, frozen=True):
    context: str


class RuleParameters(msgspec.Struct, frozen=True):
    required_status_checks: list[RuleCheck] = []


class Rule(msgspec.Struct, frozen=True):
    type: str
    parameters: RuleParameters | None = None


class Permission(msgspec.Struct, frozen=True):
    permission: str


class Refusal(msgspec.Struct, frozen=True):
    message: str = ""
    errors: list[Any] = []
