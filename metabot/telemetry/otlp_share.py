"""A process that decodes shares of a file of OTLP/JSON lines (see `shares`); `otlp_json` starts it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import cast

from metabot.telemetry import otlp_json
from metabot.telemetry.documents import each_line
from metabot.telemetry.otlp_bulk import Bulk, OneByOne
from metabot.telemetry.record import Record
from metabot.telemetry.shares import Share, Whole, answer
from metabot.telemetry.typed_groups import grouped


def reader() -> Callable[[Share], Iterator[Record | Whole]]:
    """What is not spans alone goes back as it is: sums of metrics add up over the whole file."""
    decode = otlp_json.decoder()

    def read(share: Share) -> Iterator[Record | Whole]:
        return Bulk(grouped, cast("OneByOne", _one_by_one)).read(each_line([share.data], decode, before=share.before))

    return read


def _one_by_one(place: str, held: object, wanted: Collection[int] | None) -> Iterator[Record | Whole]:
    return iter((Whole(place, held),)) if wanted is None else otlp_json.one_by_one(place, held, wanted)


if __name__ == "__main__":
    answer(reader())
