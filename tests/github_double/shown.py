"""Things as GitHub shows them; what is required and nobody reads is filled with empty values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from github_double.described import filled
from github_double.state import Check, Comment, Issue, Pull, Review

if TYPE_CHECKING:
    from github_double.place import Place


def moment(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Shown:
    place: Place
    api: str  # the base address by which it was asked
    web: str

    @property
    def url(self) -> str:
        return f"{self.api}/repos/{self.place.name}"

    @property
    def page(self) -> str:
        return f"{self.web}/{self.place.name}"

    def user(self, login: str | None) -> dict[str, Any] | None:
        return None if login is None else self.account(login)

    def account(self, login: str, schema: str = "simple-user") -> dict[str, Any]:
        person = self.place.people.get(login) or self.place.people["ghost"]
        return filled(
            schema,
            login=person.login,
            id=person.id,
            node_id=f"U_{person.id}",
            type=person.kind,
            url=f"{self.api}/users/{quote(person.login)}",
            html_url=f"{self.web}/{quote(person.login)}",
        )

    def label(self, name: str) -> dict[str, Any]:
        color, description = self.place.labels.get(name, ("ededed", ""))
        return filled("label", name=name, color=color, description=description, url=f"{self.url}/labels/{quote(name)}")

    def comment(self, issue: Issue, comment: Comment) -> dict[str, Any]:
        return filled(
            "issue-comment",
            id=comment.id,
            node_id=f"IC_{comment.id}",
            body=comment.body,
            user=self.user(comment.author),
            author_association=self.place.association(comment.author),
            created_at=moment(comment.created),
            updated_at=moment(comment.updated),
            url=f"{self.url}/issues/comments/{comment.id}",
            issue_url=f"{self.url}/issues/{issue.number}",
            html_url=f"{self.page}/issues/{issue.number}#issuecomment-{comment.id}",
        )

    def review(self, pull: Pull, review: Review) -> dict[str, Any]:
        page = f"{self.page}/pull/{pull.number}#pullrequestreview-{review.id}"
        address = f"{self.url}/pulls/{pull.number}"
        return filled(
            "pull-request-review",
            id=review.id,
            body=review.body,
            state=review.state,
            user=self.user(review.author),
            author_association=self.place.association(review.author),
            submitted_at=moment(review.at),
            commit_id=review.sha,
            html_url=page,
            pull_request_url=address,
            _links={"html": {"href": page}, "pull_request": {"href": address}},
        )

    def _thread(self, issue: Issue) -> dict[str, Any]:
        """What issues and pull requests have in common."""
        return {
            "id": 1000 + issue.number,
            "node_id": f"N_{issue.number}",
            "number": issue.number,
            "title": issue.title,
            "body": issue.body or None,
            "state": issue.state,
            "locked": issue.locked,
            "user": self.user(issue.author),
            "author_association": self.place.association(issue.author),
            "labels": [self.label(name) for name in issue.labels],
            "created_at": moment(issue.created),
            "updated_at": moment(issue.updated),
            "closed_at": moment(issue.ended),
            "comments_url": f"{self.url}/issues/{issue.number}/comments",
        }

    def issue(self, issue: Issue, *, whole: bool = False) -> dict[str, Any]:
        """A pull request is an issue too. Who closed it stands in the `whole` alone."""
        kind = "pull" if isinstance(issue, Pull) else "issues"
        more: dict[str, Any] = {"closed_by": self.user(issue.ended_by)} if whole else {}
        if isinstance(issue, Pull):
            address = f"{self.url}/pulls/{issue.number}"
            page = f"{self.page}/pull/{issue.number}"
            merged = moment(issue.ended) if issue.merged else None
            urls = {"url": address, "html_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch"}
            more |= {"draft": issue.draft, "pull_request": {**urls, "merged_at": merged}}
        return filled(
            "issue",
            **self._thread(issue),
            **more,
            comments=len(issue.comments),
            url=f"{self.url}/issues/{issue.number}",
            repository_url=self.url,
            labels_url=f"{self.url}/issues/{issue.number}/labels{{/name}}",
            html_url=f"{self.page}/{kind}/{issue.number}",
        )

    def pull(self, pull: Pull, schema: str = "pull-request-simple") -> dict[str, Any]:
        address = f"{self.url}/pulls/{pull.number}"
        page = f"{self.page}/pull/{pull.number}"
        return filled(
            schema,
            **self._thread(pull),
            draft=pull.draft,
            head=self._end(pull.fork or self.place.owner, pull.head, pull.head_sha),
            base=self._end(self.place.owner, pull.base, pull.base_sha),
            merged_at=moment(pull.ended) if pull.merged else None,
            merge_commit_sha=pull.merge_sha or _tried_merge(pull),
            requested_reviewers=[self.user(login) for login in pull.reviewers],
            requested_teams=[self.team(slug) for slug in pull.teams],
            url=address,
            html_url=page,
            diff_url=f"{page}.diff",
            patch_url=f"{page}.patch",
            issue_url=f"{self.url}/issues/{pull.number}",
            commits_url=f"{address}/commits",
            review_comments_url=f"{address}/comments",
            statuses_url=f"{self.url}/statuses/{pull.head_sha}",
            _links={
                **filled("pull-request-simple")["_links"],
                "self": {"href": address},
                "html": {"href": page},
                "issue": {"href": f"{self.url}/issues/{pull.number}"},
                "comments": {"href": f"{self.url}/issues/{pull.number}/comments"},
            },
        )

    def _end(self, owner: str, ref: str, sha: str) -> dict[str, Any]:
        repository = self.repository("repository")
        if owner != self.place.owner:
            name = f"{owner}/{self.place.name.split('/')[1]}"
            repository |= {"id": 2, "full_name": name, "fork": True, "owner": self.user(owner)}
        return {"label": f"{owner}:{ref}", "ref": ref, "sha": sha, "user": self.user(owner), "repo": repository}

    def whole_pull(self, pull: Pull) -> dict[str, Any]:
        """With what only the single one tells: whether it can be merged, who merged it, its counts."""
        bare = self.place.bare
        commits, changes = self.place.commits_of(pull), bare.changes(pull.base_sha, pull.head_sha)
        mergeable, state = self.place.mergeability(pull)
        return self.pull(pull, "pull-request") | {
            "mergeable": mergeable,
            "mergeable_state": state,
            "rebaseable": mergeable,
            "merged": pull.merged,
            "merged_by": self.user(pull.ended_by if pull.merged else None),
            "comments": len(pull.comments),
            "commits": len(commits),
            "changed_files": len(changes),
            "additions": sum(change.added for change in changes),
            "deletions": sum(change.removed for change in changes),
        }

    def team(self, slug: str) -> dict[str, Any]:
        return filled("team", slug=slug, name=slug, url=f"{self.api}/teams/{slug}")

    def check(self, check: Check) -> dict[str, Any]:
        return filled(
            "check-run",
            id=check.id,
            name=check.name,
            head_sha=check.sha,
            check_suite={"id": check.id},
            status="completed" if check.conclusion else "in_progress",
            conclusion=check.conclusion,
            started_at=moment(check.at),
            completed_at=moment(check.at) if check.conclusion else None,
            html_url=f"{self.page}/runs/{check.id}",
            url=f"{self.url}/check-runs/{check.id}",
        )

    def repository(self, schema: str = "full-repository", role: str = "read") -> dict[str, Any]:
        place = self.place
        ranks = ("read", "triage", "write", "maintain", "admin")
        rank = ranks.index(role) if role in ranks else -1
        flags = dict(zip(("pull", "triage", "push", "maintain", "admin"), (rank >= at for at in range(5)), strict=True))
        return filled(
            schema,
            id=1,
            node_id="R_1",
            name=place.name.split("/")[1],
            full_name=place.name,
            owner=self.user(place.owner),
            private=place.private,
            visibility="private" if place.private else "public",
            default_branch="main",
            permissions=flags,
            url=self.url,
            html_url=self.page,
            clone_url=f"{self.page}.git",
            has_issues=place.has_issues,
            archived=place.archived,
            pulls_url=f"{self.url}/pulls{{/number}}",
            issues_url=f"{self.url}/issues{{/number}}",
        )


def _tried_merge(pull: Pull) -> str:
    """GitHub tries each merge, and shows the commit of that as if it were one."""
    return hashlib.sha1(f"{pull.base_sha} {pull.head_sha}".encode(), usedforsecurity=False).hexdigest()
