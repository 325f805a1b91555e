"""Texts of requests and answers, each once: known by the hash of what was recorded, whatever of it was kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os.path import commonprefix
from typing import Final

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from analyzers.finding import Exemplar
from analyzers.untrusted import Untrusted
from metabot.store.arriving import Arriving
from metabot.store.capture import Held

# One that only public sources held becomes an internal one's, as their spans do.
_TAKE_OVER: Final = """
DELETE FROM texts USING incoming_texts AS mine WHERE texts.public AND NOT mine.public AND texts.hash = mine.hash;
"""
_ADD: Final = f"""
{_TAKE_OVER}
INSERT INTO texts BY NAME SELECT hash, any_value(text) AS text, bool_and(public) AS public FROM incoming_texts
    ANTI JOIN texts USING (hash) GROUP BY hash
"""  # noqa: S608  # the statement above
_HELD: Final = r"""
SELECT hash, CASE WHEN contains(text, '[redacted: ') THEN regexp_extract_all(text, '\[redacted: ([a-zA-Z -]+)\]', 1) END
FROM texts SEMI JOIN (SELECT unnest(string_split(?, ',')::UBIGINT[]) AS hash) USING (hash) WHERE NOT public OR ?
"""

_OF_HASHES: Final = """
SELECT hash, text FROM texts
SEMI JOIN (SELECT unnest(string_split(nullif(?, ''), ',')::UBIGINT[]) AS hash) USING (hash)
"""
_REQUEST: Final = """
WITH asked AS (
    SELECT request_hashes FROM model_spans WHERE trace_id = $trace AND span_id = $span
    UNION ALL SELECT request_hashes FROM merged_calls WHERE trace_id = $trace AND span_id = $span
), longest AS (SELECT request_hashes FROM asked ORDER BY len(request_hashes) DESC LIMIT 1)
SELECT texts.text
FROM (SELECT unnest(request_hashes) AS hash, generate_subscripts(request_hashes, 1) AS place FROM longest)
LEFT JOIN texts USING (hash) ORDER BY place
"""
_PARTED: Final = 2_000  # characters from where two requests part on


def add(tables: Arriving, incoming: pa.Table) -> None:
    """Add those of these texts (hash, text, public) that the store does not hold."""
    tables.execute(_ADD, "texts", incoming)


def held(connection: duckdb.DuckDBPyConnection, *, public: bool) -> Held:
    """Tells of which hashes the store holds the text, and what kinds of data were taken out of each, once per place.

    A load of a source need not bring these texts again.
    """

    def ask(hashes: Sequence[int]) -> Mapping[int, Sequence[str]]:
        # One string: DuckDB takes a Python list as a parameter value by value, a hundred times slower.
        found = connection.execute(_HELD, [",".join(map(str, hashes)), public]).fetchall()
        return {hashed: kinds or () for hashed, kinds in found}

    return ask


def texts_of(connection: duckdb.DuckDBPyConnection, hashes: Sequence[int]) -> dict[int, str]:
    """Of these hashes, those whose text is held, as it was kept."""
    return dict(connection.execute(_OF_HASHES, [",".join(map(str, hashes))]).fetchall())


def parted(connection: duckdb.DuckDBPyConnection, one: Exemplar, other: Exemplar) -> tuple[Untrusted, Untrusted] | None:
    """The requests of two calls from the beginning of the line on in which they first differ.

    None where the store does not hold every text of both.
    """
    requests = [_request(connection, call) for call in (one, other)]
    first, second = requests
    if first is None or second is None:
        return None
    same = len(commonprefix([first, second]))  # noqa: RUF071  character by character is meant
    line = first.rfind("\n", 0, same) + 1
    return Untrusted(first[line : line + _PARTED]), Untrusted(second[line : line + _PARTED])


def _request(connection: duckdb.DuckDBPyConnection, call: Exemplar) -> str | None:
    found = connection.execute(_REQUEST, {"trace": call.trace_id, "span": call.span_id}).fetchall()
    texts = [text for (text,) in found]
    return "\n".join(texts) if texts and None not in texts else None
