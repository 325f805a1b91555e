"""`python -m metabot.cli.pages` writes docs/analyzers.md and README.md's generated parts; `--check` only looks."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

import typer

from analyzers.registry import ANALYZERS
from metabot.cli.console import out
from metabot.cli.main import app

ROOT: Final = Path(__file__).parents[2]


def analyzers_page() -> str:
    parts = ["# Analyzers", "", "Written from the analyzers' own docstrings by `python -m metabot.cli.pages`.", ""]
    for name, analyzer in sorted(ANALYZERS.items()):
        parts += [f"## {name}", "", "```", analyzer.page.strip(), "```", ""]
    return "\n".join(parts)


def readme(text: str) -> str:
    text = _between(text, "analyzers", _analyzers_table())
    return _between(text, "commands", _commands_table())


def _analyzers_table() -> str:
    rows = [f"| `{name}` | {_summary(analyzer.page)} |" for name, analyzer in sorted(ANALYZERS.items())]
    return "\n".join(["| analyzer | finds |", "|---|---|", *rows])


def _summary(page: str) -> str:
    first = " ".join(page.strip().split("\n\n")[0].split())
    return first.partition(": ")[2].rstrip(".") or first.rstrip(".")


def _commands_table() -> str:
    group = typer.main.get_command(app)
    commands = sorted(getattr(group, "commands", {}).items())
    rows = [
        f"| `metabot {name}` | {' '.join((command.help or '').split(chr(10) * 2)[0].split())} |"
        for name, command in commands
    ]
    return "\n".join(["| command | does |", "|---|---|", *rows])


def _between(text: str, name: str, content: str) -> str:
    pattern = re.compile(rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    return pattern.sub(lambda found: f"{found[1]}{content}\n{found[2]}", text)


def pages() -> dict[Path, str]:
    """Each generated file with the content that it should have."""
    read_me = ROOT / "README.md"
    return {ROOT / "docs/analyzers.md": analyzers_page(), read_me: readme(read_me.read_text())}


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
