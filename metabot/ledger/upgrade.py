"""Takes a ledger of an earlier version over, with all that it holds: it cannot be made again.

1 had no pictures. 2 kept proposals that were better, and nothing else of a trial; each becomes a trial in which what
nobody kept is unknown. 3 had no requests to a model, 4 neither what people decided nor the runs of jobs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import sqlalchemy as sql

from metabot.errors import StoreError
from metabot.generate.proposal import Proposal
from metabot.ledger import schema
from metabot.ledger.encoding import decode
from metabot.verify.tried import id_of

_PROPOSALS: Final = sql.text(
    "SELECT pass_id, verified, started_ns FROM proposals JOIN passes ON passes.id = pass_id ORDER BY proposals.id"
)


def upgrade(connection: sql.Connection) -> None:
    schema.metadata.create_all(connection)  # only tables were added
    for pass_id, verified, started_ns in connection.execute(_PROPOSALS).all():
        connection.execute(schema.tried.insert().values(pass_id=pass_id, tried_ns=started_ns, **_row(verified)))
    connection.execute(sql.text("DROP TABLE proposals"))
    connection.execute(schema.schema_version.update().values(version=schema.VERSION))


def _add_tables(connection: sql.Connection) -> None:
    schema.metadata.create_all(connection)
    connection.execute(schema.schema_version.update().values(version=schema.VERSION))


def _row(verified: str) -> dict[str, Any]:
    kept = json.loads(verified)
    try:
        proposal = decode(json.dumps(kept["proposal"]), Proposal)
    except msgspec.MsgspecError as error:
        what = f"the ledger holds a proposal of another metabot: {error}."
        raise StoreError(f"{what}\n  Use the one that wrote it.") from error
    finding = proposal.placed.finding
    measured = _measured(kept["measured"])
    unknown: dict[str, Any] = {"threshold": None, "runs_before": [], "seconds": None, "end": None}
    return {
        "proposal": id_of(proposal),
        "fingerprint": finding.fingerprint,
        "analyzer": finding.candidate.analyzer,
        "title": proposal.title,
        "author": proposal.author,
        "recipe": proposal.recipe,
        "times": 1,
        "tried": json.dumps({**kept, **unknown, "measured": measured, "runs": list(_runs(measured))}),
    }


def _measured(kept: dict[str, Any]) -> dict[str, Any]:
    """Version 2 had one evaluation at the base and one with the change, or none."""
    rest = {name: value for name, value in kept.items() if name not in ("base", "head")}
    sides = [kept[side] for side in ("base", "head") if kept.get(side) is not None]
    return {"evaluations": sides, **rest}


def _runs(measured: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """In the order in which version 2 made them."""
    yield from (measured["base_tests"], measured["head_tests"], measured["new_test_on_base"])
    yield from measured["new_test_on_head"]
    yield from (evaluated["run"] for evaluated in measured["evaluations"])


UPGRADES: Final[Mapping[int, schema.Upgrade]] = {1: upgrade, 2: upgrade, 3: _add_tables, 4: _add_tables}
