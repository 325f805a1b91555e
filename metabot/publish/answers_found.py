"""How the replay server found the answers of a measurement that a cassette was played for."""

from __future__ import annotations

from metabot.verify.measured import Measured


def answers_found(measured: Measured) -> str | None:
    """Over all evaluations. None where no cassette was played."""
    kept = [one.matched for one in measured.evaluations if one.matched is not None]
    ways = {
        "the recorded request's": sum(one.by_hash for one in kept),
        "the next one of its conversation": sum(one.by_sequence for one in kept),
        "that to the most similar request": sum(one.by_nearest for one in kept),
        "none": sum(one.missing for one in kept),
    }
    if not any(one.by_hash or one.by_sequence or one.by_nearest for one in kept):
        return None
    said = ", ".join(f"{count:,} × {way}" for way, count in ways.items() if count)
    return f"of {sum(ways.values()):,} answers {said}"
