"""GitHub as metabot sees it: an HTTP server in front of a real bare repository.

Every answer is held against GitHub's published description. What the description does not know (a parameter, a field,
a path) and what metabot must never do (merge, review, mark ready, force-push, push to main) fails the test at its end.
"""

from github_double.double import Double
from github_double.faults import (
    Fault,
    broken,
    cut,
    meanwhile,
    rate_limited,
    redirected,
    refused,
    secondary_limit,
    slow,
    web_page,
)
from github_double.server import github
from github_double.state import ENOUGH, Asked

__all__ = [
    "ENOUGH",
    "Asked",
    "Double",
    "Fault",
    "broken",
    "cut",
    "github",
    "meanwhile",
    "rate_limited",
    "redirected",
    "refused",
    "secondary_limit",
    "slow",
    "web_page",
]
