"""The whole way on sixteen small applications, without a model: what each fault comes to, and that the rest is let be.

METABOT_APPLICATIONS may name a file to which each run adds a row per finding.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest

from tests.applications.applications import HERE, Application, laid_out
from tests.applications.way import Way, fingerprints, ways, written_again

VERIFIED: Final = "verified"

FAULTY: Final[dict[str, list[tuple[str, str, str]]]] = {
    "case_reader": [("oversized-tool-output", "cap-tool-output", VERIFIED)],
    "city_board": [("serial-calls", "independent-calls", VERIFIED)],
    "expense_sorter": [("repeated-call", "memoise", VERIFIED)],
    "fx_sheet": [("missing-timeout", "timeout", VERIFIED)],
    "hotel_concierge": [("unused-tools", "drop-unused-tools", VERIFIED)],
    "language_tutor": [("context-growth", "bound-history", VERIFIED)],
    "meeting_recap": [
        ("truncated-output", "output-cap", VERIFIED),
        ("recurring-error", "-", "written: recipe not sure"),
    ],
    "menu_writer": [("prompt-cache-miss", "stable-prompt-prefix", VERIFIED)],
    "parcel_desk": [("serial-calls", "independent-calls", VERIFIED)],
    "seat_finder": [("tool-misuse", "tolerate-argument", VERIFIED)],
    "ticker_digest": [("recurring-error", "retry-request", VERIFIED)],
    "trail_guide": [("prompt-cache-miss", "stable-prompt-prefix", VERIFIED)],
}
"""Each finding, dearest first: the analyzer, the recipe that writes, and how far the change comes."""

SOUND: Final[dict[str, list[tuple[str, str, str]]]] = {
    "bike_route": [],
    "gift_shop": [("recurring-error", "-", "written: recipe not sure")],
    "hall_booking": [("serial-calls", "-", "written: recipe not sure")],
    "museum_desk": [],
}


def test_most_faults_are_mended_and_nothing_sound_is_touched() -> None:
    """Of twelve faults at least ten come to a verified change; for what is sound nothing is written at all."""
    mended = [name for name, ends in FAULTY.items() if any(at == VERIFIED for *_, at in ends)]
    assert len(FAULTY) == 12
    assert len(mended) >= 10
    assert len(SOUND) == 4
    assert {recipe for ends in SOUND.values() for _, recipe, _ in ends} <= {"-"}


def test_every_application_has_its_expectation() -> None:
    """A folder more or less is noticed."""
    assert sorted(folder.name for folder in (HERE / "faulty").iterdir()) == sorted(FAULTY)
    assert sorted(folder.name for folder in (HERE / "sound").iterdir()) == sorted(SOUND)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTY)
def test_the_fault_is_mended(name: str, tmp_path: Path) -> None:
    """The change is verified; recorded again with it, the application shows no such fault, and is not changed twice."""
    application, found = gone(HERE / "faulty" / name, tmp_path)
    assert [way.ended for way in found] == FAULTY[name]
    for number, way in enumerate(found):
        if way.proposal is not None:
            files = {edit.path: edit.after for edit in way.proposal.edits}
            mended = application.changed(files, tmp_path / f"mended-{number}" / name)
            mended.record()
            assert way.finding.fingerprint not in fingerprints(mended)
            assert not written_again(way, mended)


@pytest.mark.slow
@pytest.mark.parametrize("name", SOUND)
def test_what_is_sound_is_let_be(name: str, tmp_path: Path) -> None:
    """It looks as if it had a fault, in telemetry or in code, and has none."""
    _, found = gone(HERE / "sound" / name, tmp_path)
    assert [way.ended for way in found] == SOUND[name]
    assert all(way.proposal is None for way in found)


def gone(source: Path, folder: Path) -> tuple[Application, list[Way]]:
    """The application, recorded, and the ways of its findings."""
    application = laid_out(source, folder / source.name)
    application.record()
    found = ways(application)
    _tell(source.name, found)
    return application, found


def _tell(name: str, found: list[Way]) -> None:
    """The table for people, a row per finding."""
    table = os.environ.get("METABOT_APPLICATIONS")
    if table:
        with Path(table).open("a", encoding="utf-8") as file:
            for row in [one.row() for one in found] or [("no finding", "-", "-", "-", "-")]:
                file.write(f"| {' | '.join((name, *(cell.replace('|', '/') for cell in row)))} |\n")
