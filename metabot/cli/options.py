"""Options that many commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Settings file.", show_default="config.toml here", dir_okay=False)
]

Output = Annotated[Literal["table", "json"], typer.Option("--format", help="How to print.")]
