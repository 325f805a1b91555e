"""`python -m metabot.cli.pages` writes the generated pages of docs/ and parts of README.md; `--check` only looks."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import typer

from analyzers.registry import ANALYZERS
from metabot.cli.commands import app
from metabot.cli.console import out
from metabot.cli.explain import first_line
from metabot.cli.json_output import json_schema
from metabot.telemetry.formats import FORMATS

ROOT: Final = Path(__file__).parents[2]


def analyzers_page() -> str:
    parts = ["# Analyzers", "", "Written from the analyzers' own docstrings by `python -m metabot.cli.pages`.", ""]
    for name, analyzer in sorted(ANALYZERS.items()):
        parts += [f"## {name}", "", "```", analyzer.page.strip(), "```", ""]
    return "\n".join(parts)


_FORMATS: Final = """# Formats

Written from the readers' own registrations by `python -m metabot.cli.pages`.

`metabot load` and `metabot analyze` recognise each of these by what a file holds, not by its name, and say what they
took it for; `--input-format NAME`, or `format = "NAME"` of a source in the settings, decides it for them. A file may be
packed (`.gz`, `.zst`), lie in a folder, or be a member of a tar archive; a JSON value may be 256 MiB, on one line 512.
What is longer is a reject. Any other is read by a function of your own:
`format = "acme.telemetry.read"`, a dotted path to a generator that takes a file's bytes in chunks and yields records.

*Tried on* names public recordings that others made. A format that has none was only tried on input made by us.
"""


_NONE: Final = "only on input made by us"


def formats_page() -> str:
    rows = [
        f"| `{name}` | {_cell(one.holds)} | {_link(one.follows)} | {_cell(one.tried_on or _NONE)} |"
        for name, one in sorted(FORMATS.items())
    ]
    return "\n".join([_FORMATS, "| format | holds | follows | tried on |", "|---|---|---|---|", *rows, ""])


def _link(address: str) -> str:
    """An address, or a page of docs/ by its path in the project."""
    page = address.removeprefix("docs/")
    return f"<{address}>" if "://" in address else f"[{page}]({page})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def readme(text: str) -> str:
    text = _between(text, "analyzers", _analyzers_table())
    return _between(text, "commands", _commands_table())


def _analyzers_table() -> str:
    rows = [f"| `{name}` | {first_line(analyzer.page).rstrip('.')} |" for name, analyzer in sorted(ANALYZERS.items())]
    return "\n".join(["| analyzer | finds |", "|---|---|", *rows])


def _commands_table() -> str:
    rows = [
        f"| `{name}` | {' '.join((command.help or '').split(chr(10) * 2)[0].split())} |"
        for name, command in _commands("metabot", typer.main.get_command(app))
    ]
    return "\n".join(["| command | does |", "|---|---|", *rows])


def _commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """The commands of a group and of the groups in it, each with its whole name."""
    inside: Mapping[str, Any] | None = getattr(command, "commands", None)
    if inside is None:
        yield name, command
        return
    for own, found in sorted(inside.items()):
        yield from _commands(f"{name} {own}", found)


def _between(text: str, name: str, content: str) -> str:
    pattern = re.compile(rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    return pattern.sub(lambda found: f"{found[1]}{content}\n{found[2]}", text)


def pages() -> dict[Path, str]:
    """Each generated file with the content that it should have."""
    read_me = ROOT / "README.md"
    return {
        ROOT / "docs/analyzers.md": analyzers_page(),
        ROOT / "docs/formats.md": formats_page(),
        ROOT / "docs/analysis.schema.json": json_schema().decode(),
        read_me: readme(read_me.read_text()),
    }


def main(arguments: list[str]) -> int:
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if "--check" in arguments:
            out(f"{path.relative_to(ROOT)} is stale: run python -m metabot.cli.pages")
        else:
            path.write_text(pages()[path])
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
