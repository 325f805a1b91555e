"""`metabot trace …`: the list of its commands."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Final, Literal

import typer

from metabot.cli.options import ConfigFile, Output

trace: Final = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Spans one by one and by layer: of trace lines and other telemetry in files, or of the configured store.",
)

Files = Annotated[
    list[str] | None,
    typer.Option("--file", metavar="PATH", help="Telemetry files or globs in place of the store; may be given again."),
]
Layer = Annotated[
    str | None, typer.Option("--layer", "--hrm", help="Only of this layer: altitude or alt, memory or mem, …")
]
Status = Annotated[Literal["success", "error", "blocked"] | None, typer.Option(help="Only those that ended so.")]


@trace.command("list")
def list_spans(
    last: Annotated[int, typer.Option(min=1, help="How many, the latest.")] = 100,
    layer: Layer = None,
    status: Status = None,
    files: Files = None,
    output: Output = "table",
    config: ConfigFile = None,
) -> None:
    """List the latest spans, the newest last.

    For example: `metabot trace list --last 20 --layer altitude --status error --file .metabot/trace.jsonl`

    The ID of each is one for metabot trace show.
    """
    import_module("metabot.cli.trace").list_spans(
        last=last, layer=layer, status=status, files=files or [], output=output, config=config
    )


@trace.command()
def show(
    identity: Annotated[
        str, typer.Argument(metavar="ID", help="A trace's or a span's ID, or a unique beginning of one.")
    ],
    files: Files = None,
    output: Output = "table",
    config: ConfigFile = None,
) -> None:
    """Show a whole trace as a tree: what went in and came out of each span, and how long it took.

    For example: `metabot trace show alt_1768312800_4be1f6a2903c7d15 --file trace.jsonl`
    """
    import_module("metabot.cli.trace").show(identity, files=files or [], output=output, config=config)


@trace.command()
def stats(
    last: Annotated[int | None, typer.Option(min=1, help="Only the latest so many spans.", show_default="all")] = None,
    layer: Layer = None,
    status: Status = None,
    slowest: Annotated[int, typer.Option(min=0, help="How many operations to list by their slowest span.")] = 5,
    files: Files = None,
    output: Output = "table",
    config: ConfigFile = None,
) -> None:
    """Print operations, average, p95, errors and blocked ones of each layer, and the slowest operations.

    For example: `metabot trace stats --file 'logs/trace*.jsonl' --last 1000`

    Spans without a layer are counted by their kind. Quantiles are exact, over the spans whose duration is known.
    """
    import_module("metabot.cli.trace").stats(
        last=last, layer=layer, status=status, slowest=slowest, files=files or [], output=output, config=config
    )
