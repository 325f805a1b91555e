"""Which function answers which operation, and what right it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from github_double.answers import Answer, RefusedError
from github_double.asking import Asking
from github_double.state import Level, Pull

REPOSITORY: Final = "/repos/{owner}/{repo}"


@dataclass(frozen=True)
class Route:
    """`needs` are alternatives. None are needed by what is not about a repository."""

    answer: Callable[[Asking], Answer]
    needs: tuple[str, ...] = ()
    level: Level = "read"
    public: bool = True  # of a public repository everybody may read it

    def refuse(self, asking: Asking) -> None:
        """Raises GitHub's refusal where the token may not."""
        place, token = asking.place, asking.token
        if place.archived and self.level == "write":
            raise RefusedError(403, "Repository was archived so is read-only.")
        if not self.needs or (self.public and self.level == "read" and not place.private):
            return
        needs = self._of_the_thread(asking)
        if token is None:
            raise RefusedError(401, "Requires authentication")
        role_suffices = self.level == "read" or place.role(token.login) != "none"
        if not role_suffices or not any(token.may(one, self.level) for one in needs):
            accepted = "; ".join(f"{one}={self.level}" for one in needs)
            raise RefusedError(403, token.refusal, x_accepted_github_permissions=accepted)

    def _of_the_thread(self, asking: Asking) -> tuple[str, ...]:
        """The right to pull requests suffices for the thread of one, and not for that of an issue."""
        number = asking.named.get("issue_number", "")
        is_pull = number.isdigit() and isinstance(asking.place.issues.get(int(number)), Pull)
        return self.needs if is_pull or not number else tuple(one for one in self.needs if one != "pull_requests")


Routes = Mapping[tuple[str, str], Route]  # by method and path as GitHub's description writes it
