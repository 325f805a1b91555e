"""docs/model-servers.md holds with what it says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from metabot import config
from metabot.generate.asking import trail

PAGE = (Path(__file__).parents[3] / "docs/model-servers.md").read_text()


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
def test_its_settings_name_a_model(block: str, tmp_path: Path) -> None:
    """Each example is a settings file that turns the author on."""
    assert config.parse(tomllib.loads(block), name="config.toml", root=tmp_path).model.named


@pytest.mark.parametrize("url", re.findall(r"`(https?://[^`]+)`", PAGE))
def test_its_addresses_are_taken(url: str, tmp_path: Path) -> None:
    """Each as base_url."""
    assert config.parse({"model": {"base_url": url, "name": "m"}}, name="config.toml", root=tmp_path).model.named


def test_it_names_the_file_of_spans() -> None:
    """As it is written."""
    assert f"`{trail.FILE}`" in PAGE
