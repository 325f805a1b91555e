"""What a candidate shows of the rows that it was found in: spans to look at, code that they name, a revision."""

from __future__ import annotations

from typing import Final

import polars as pl

from analyzers.finding import CodeAnchor, Exemplar
from analyzers.untrusted import Name, Untrusted

_EXEMPLARS: Final = 5  # a person looks at two or three
SAMPLE: Final = 500  # enough to see whether two candidates are about the same spans
_ANCHORS: Final = 3  # of one kind of span; further ones are noise
_TYPES: Final = 5

CODE: Final = ("code_file", "code_function", "code_line")
OF_STACK: Final = "code_of_stack"  # that these columns are the frame of a stack trace, where rows tell


def exemplars(rows: pl.DataFrame) -> tuple[Exemplar, ...]:
    """The first spans of the rows in their order, at most five, each of another trace."""
    first = rows.unique("trace_id", keep="first", maintain_order=True).head(_EXEMPLARS)
    return tuple(Exemplar(trace_id=trace, span_id=span) for trace, span in first.select("trace_id", "span_id").rows())


def affected(*rows: pl.DataFrame) -> frozenset[Exemplar]:
    """At most 500 of the rows' spans, those whose ids sort first: of any two sets alike, the same ones.

    Reads trace_id and span_id. Ids are random, so that what two such samples share is what the sets share.
    """
    spans = pl.concat([one.select("span_id", "trace_id") for one in rows]).drop_nulls().unique()
    first = spans.bottom_k(SAMPLE, by=("span_id", "trace_id"))
    return frozenset(Exemplar(trace_id=trace, span_id=span) for span, trace in first.rows())


def first_of(spans: frozenset[Exemplar]) -> frozenset[Exemplar]:
    """Of a sample with more spans than it holds, those that stay."""
    return frozenset(sorted(spans, key=place)[:SAMPLE])


def place(span: Exemplar) -> tuple[str, str]:
    """Where a span stands among those of a sample."""
    return span.span_id, span.trace_id


def code_anchors(rows: pl.DataFrame, prefix: str = "") -> tuple[CodeAnchor, ...]:
    """The places that the rows' `code_*` columns name, most common first, at most three."""
    of_stack = pl.col(OF_STACK) if OF_STACK in rows.columns and not prefix else pl.lit(value=False)
    places = rows.select(*(pl.col(prefix + column).alias(column) for column in CODE), of_stack.alias(OF_STACK))
    counted = (
        places.filter(pl.col("code_file").is_not_null() | pl.col("code_function").is_not_null())
        .group_by(*CODE, OF_STACK)
        .len()
        .sort("len", *CODE, OF_STACK, descending=[True, False, False, False, False])
    )
    return tuple(
        CodeAnchor(file=untrusted(file), function=untrusted(function), line=line, of_stack=stack)
        for file, function, line, stack in counted.select(*CODE, OF_STACK).head(_ANCHORS).rows()
    )


def types(names: pl.Series) -> tuple[Name, ...]:
    """The types of errors, most common first, at most five."""
    counted = names.drop_nulls().alias("name").value_counts(name="len").sort("len", "name", descending=[True, False])
    return tuple(dict.fromkeys(map(Name, counted["name"].head(_TYPES).to_list())))


def newest_revision(rows: pl.DataFrame) -> str | None:
    """The revision that the latest of the rows ran at, where any says so."""
    known = rows.filter(pl.col("revision").is_not_null()).sort("start_ns")
    return Name(known["revision"][-1]) if known.height else None


def untrusted(text: str | None) -> Untrusted | None:
    return None if text is None else Untrusted(text)
