"""The page of speeds: what one benchmark prints takes the place of its own section alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as page
from benchmarks import instrument, memory


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(page, "_PAGE", tmp_path / "performance.md")
    monkeypatch.setattr(page, "_section", lambda module, given: f"## {page._title(module)}\n\nnew {given}\n")
    return tmp_path / "performance.md"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    page.main()


def test_the_other_sections_stay(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that needs a program which is not given."""
    titles = [page._title(module) for module in (memory, page.phoenix, instrument)]
    written.write_text("# Old\n\n" + "\n".join(f"## {title}\n\nold\n" for title in titles))
    run(monkeypatch, "--only", "instrument", "--write")
    found = page.sections(written.read_text())
    assert list(found) == titles
    assert [text.splitlines()[-1] for text in found.values()] == ["old", "old", "new []"]
    assert written.read_text().startswith("# Performance\n")


def test_nothing_is_written_unless_asked_for(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed is enough."""
    run(monkeypatch, "--only", "memory")
    assert not written.exists()


def test_a_benchmark_that_is_not_there(
    written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The ones that are there are named."""
    with pytest.raises(SystemExit):
        run(monkeypatch, "--only", "speed", "--write")
    assert "no benchmark speed: take load, memory, analyze, phoenix, instrument, proof" in capsys.readouterr().err
    assert not written.exists()


def test_the_page_that_is_there_comes_apart_and_together() -> None:
    """Not a blank line is lost."""
    text = Path(page.__file__).parents[1].joinpath("docs/performance.md").read_text()
    found = page.sections(text)
    assert "\n".join([text.split("\n## ")[0] + "\n", *found.values()]).split() == text.split()
    assert len(found) >= 5
