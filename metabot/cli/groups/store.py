"""`metabot store …`: the list of its commands."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated, Final

import typer

from metabot.cli.options import ConfigFile, Output

store: Final = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="What the configured store holds: its sources, what was rejected, and answers to replay.",
)


@store.command()
def sources(output: Output = "table", config: ConfigFile = None) -> None:
    """List what was loaded: what it was taken for, how far, records, rejects, and what was taken out.

    Bytes are those that were read, of those that the file has now: a file that grew is read again, and only what is
    new is added. A source without calendar time counts towards totals, never towards a window of days. What was taken
    out before anything was kept is counted by kind: [store] capture in the settings decides.
    """
    import_module("metabot.cli.store").show_sources(output=output, config=config)


@store.command()
def rejects(output: Output = "table", config: ConfigFile = None) -> None:
    """Show by reason what could not be read, with up to three examples.

    Each example names its file and where in it the piece stands, and quotes its beginning. One bad piece never costs
    more than itself; mend the writer, or the file, and load it again.
    """
    import_module("metabot.cli.store").show_rejects(output=output, config=config)


@store.command()
def cassette(
    path: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write.", dir_okay=False)],
    service: Annotated[list[str] | None, typer.Option(help="Only of this service; may be given again.")] = None,
    since: Annotated[str | None, typer.Option(help="From this time on: 24h, 7d, or 2026-11-04T10:00Z.")] = None,
    trace: Annotated[list[str] | None, typer.Option(help="Only this trace; may be given again.")] = None,
    config: ConfigFile = None,
) -> None:
    """Write recorded model and tool answers, redacted, as a cassette for metabot replay.

    Requests are known by hashes that were taken before anything was redacted; answers stand in it without secrets and
    personal data. What cannot be rebuilt is left out and counted. Needs captured text: not [store] capture = "hashes".
    """
    command = import_module("metabot.cli.store")
    command.write_cassette(path, services=tuple(service or ()), since=since, traces=tuple(trace or ()), config=config)
