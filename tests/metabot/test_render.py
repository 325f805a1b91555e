"""What templates may print, and where they are found."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import jinja2
import pytest

import metabot.render
from metabot.render import asset

TEMPLATES = {
    "plain.j2": "{% if text %}\n<b>{{ text }}</b>\n{% endif %}\n",
    "literal.j2": "TEXT = {{ text|literal }}\n",
    "joined.j2": "{{ [text]|join }}",
}


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The package as a wheel installs it: its files inside, next to somebody else's `templates`."""
    package = tmp_path / "site-packages" / "metabot"
    (package / "templates").mkdir(parents=True)
    (tmp_path / "site-packages" / "templates").mkdir()
    shutil.copy(metabot.render.__file__, package)
    (package / "__init__.py").touch()
    shutil.copytree(Path(metabot.render.__file__).parents[1] / "analyzers", tmp_path / "site-packages" / "analyzers")
    for name, text in TEMPLATES.items():
        (package / "templates" / name).write_text(text)
    return tmp_path / "site-packages"


def rendered(installed: Path, call: str) -> subprocess.CompletedProcess[str]:
    code = f"from metabot.render import asset, render\nfrom analyzers.untrusted import Untrusted\nprint({call}, end='')"
    command = [sys.executable, "-P", "-c", code]
    env = {"PYTHONPATH": str(installed)}
    return subprocess.run(command, env=env, cwd=installed, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("render('plain.j2', text='a & b')", "<b>a & b</b>\n"),
        ("render('plain.j2', text=Untrusted('x').quoted())", "<b>“x”</b>\n"),
        ("render('literal.j2', text='it\\'s')", 'TEXT = "it\'s"\n'),
    ],
)
def test_renders_templates_of_the_installed_package(installed: Path, call: str, text: str) -> None:
    """Nothing is escaped, lines of blocks leave no empty lines, and a folder of another package is not looked into."""
    done = rendered(installed, call)
    assert done.stdout == text, done.stderr


@pytest.mark.parametrize(
    ("call", "error"),
    [
        pytest.param("render('plain.j2')", "UndefinedError", id="a name that nobody gave"),
        pytest.param(
            "render('literal.j2', text=None) + render('joined.j2')", "UndefinedError", id="not even in a filter"
        ),
        pytest.param("render('plain.j2', text=Untrusted('x'))", "TypeError", id="text from telemetry"),
        pytest.param("render('joined.j2', text=Untrusted('x'))", "TypeError", id="text from telemetry, joined"),
        pytest.param("render('absent.j2')", "TemplateNotFound", id="no such template"),
        pytest.param("asset('absent')", "FileNotFoundError", id="no such file"),
    ],
)
def test_refuses(installed: Path, call: str, error: str) -> None:
    """A text with a hole in it, or with something in it that was not quoted, is not written."""
    assert f"{error}: " in rendered(installed, call).stderr


def test_an_unknown_value_is_worded_not_printed(installed: Path) -> None:
    """`None` never stands in a text for people."""
    (installed / "metabot/templates/bare.j2").write_text("{{ text }}")
    assert "TypeError: a template prints None" in rendered(installed, "render('bare.j2', text=None)").stderr


def test_finds_the_files_of_a_checkout() -> None:
    """Beside the package, where nothing was built."""
    assert asset("templates").is_dir()
    assert asset("config.toml").read_text()


def test_every_template_parses() -> None:
    """A slip in a template shows here and not in front of a user."""
    environment = jinja2.Environment(autoescape=False)
    for path in asset("templates").rglob("*.j2"):
        environment.parse(path.read_text(), filename=str(path))


def test_no_template_takes_raw_text_out() -> None:
    """Templates cannot go around quoting."""
    assert not any("raw_for_storage" in path.read_text() for path in asset("templates").rglob("*.j2"))
