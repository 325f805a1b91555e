"""A pull request as the ledger keeps it, out of what the place where it lives tells."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from analyzers.finding import Fingerprint
from analyzers.untrusted import Untrusted
from metabot.generate.proposal import Prediction
from metabot.publish.host import HostedPull
from metabot.publish.identity import block_in, names_of
from metabot.publish.pull_request import PullRequest

_TITLE: Final = 120


def fingerprint(pull: HostedPull) -> Fingerprint | None:
    """Whose it is, first of all; None: it is no proposal of metabot's."""
    block = block_in(pull)
    return Fingerprint(block.fingerprint) if block else min(names_of(pull), default=None)


def pull_request(pull: HostedPull, kept: PullRequest | None) -> PullRequest | None:
    """As it stands now. `kept` is what the ledger has of it: the prediction also where the text lost its block."""
    if kept is not None:
        return replace(kept, state=pull.state, draft=pull.draft, head_revision=pull.head_revision, where=pull.where)
    block = block_in(pull)
    if block is None:
        return None
    return PullRequest(
        number=pull.number,
        fingerprint=Fingerprint(block.fingerprint),
        also=tuple(Fingerprint(one) for one in block.also),
        state=pull.state,
        branch=pull.branch,
        head_revision=pull.head_revision,
        title=inert(pull.title),
        draft=pull.draft,
        where=pull.where,
        prediction=Prediction(unit=block.unit, observed=block.observed, expected=block.expected),
    )


def inert(title: str) -> str:
    """A title, which people may write anew, as one line without markup."""
    return Untrusted(title).quoted(_TITLE)[1:-1]
