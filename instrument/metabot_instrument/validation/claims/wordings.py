"""Words that name the same attribute, and what an attribute's name says of its values."""

from __future__ import annotations

from typing import Final

from metabot_instrument.validation.claims.sentences import word_set

SAYINGS: Final = tuple(
    word_set(group)
    for group in (
        "price cost costs priced fee charge charged preis kostet prix coute precio cuesta",
        "founded established created started founding gegründet since",
        "population inhabitants residents people live lives einwohner",
        "height tall high height", "length long", "weight weighs weigh heavy", "width wide", "depth deep",
        "location located headquartered headquarters based lies situated seat sitz office",
        "author written wrote writer", "capital hauptstadt", "ceo executive chief leads led head runs",
        "founder founded founders started", "storage space disk",
        "released release launched launch published came",
        "trial try", "refund refunds returned return returns",
        "delivery delivered ship ships shipping arrives arrive",
        "duration lasts last takes take", "age old", "speed fast", "born birth birthday", "died death dies",
        "warranty guarantee guaranteed", "opened opening opens open", "currency money",
    )
)  # fmt: skip
NAMING: Final = frozenset().union(*SAYINGS)
PARTS: Final = word_set(
    "half quarter quarters third thirds dozen dozens past tens hundreds thousands millions double triple twice couple "
    "few halb halbe viertel dutzend"
)  # of numbers that are written in words, and not read
LIMITS: Final = word_set("maximum minimum limit max min most least maximal minimal highest lowest höchstens")
PLACED: Final = word_set(
    "location located headquarters headquartered based seat office venue stadium city country place born birthplace "
    "ground address site held sitz"
)
