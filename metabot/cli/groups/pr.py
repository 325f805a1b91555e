"""`metabot pr …`: the list of its commands."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Final

import typer

from metabot.cli.options import ConfigFile, Output

pr: Final = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="The pull requests where they live, local or on GitHub, and what people decide about them.",
)

Identity = Annotated[
    str, typer.Argument(help="A pull request's number, or a unique beginning of its finding's ID.", metavar="ID")
]
Reason = Annotated[str, typer.Option(help="Why; kept, and shown where the pull request lives.")]


@pr.command("list")
def list_pulls(output: Output = "table", config: ConfigFile = None) -> None:
    """List metabot's pull requests, open and ended, newest first, as they stand where they live."""
    import_module("metabot.cli.pr").show_list(output=output, config=config)


@pr.command()
def show(identity: Identity, output: Output = "table", config: ConfigFile = None) -> None:
    """Show a pull request: its state, its prediction, what was decided about its finding, and what was said."""
    import_module("metabot.cli.pr").show(identity, output=output, config=config)


@pr.command()
def decline(identity: Identity, reason: Reason, config: ConfigFile = None) -> None:
    """Close it with the reason. The finding stays closed, however its effect grows, until it is revived."""
    import_module("metabot.cli.pr").decline(identity, reason=reason, config=config)


@pr.command()
def revive(identity: Identity, reason: Reason = "", config: ConfigFile = None) -> None:
    """Let a finding that was declined, closed, expired or withdrawn be proposed again."""
    import_module("metabot.cli.pr").revive(identity, reason=reason, config=config)


@pr.command()
def pause(reason: Reason = "", config: ConfigFile = None) -> None:
    """Open and update nothing until metabot pr resume."""
    import_module("metabot.cli.pr").say_to_all("pause", reason=reason, config=config)


@pr.command()
def resume(reason: Reason = "", config: ConfigFile = None) -> None:
    """Go on after a pause, a person's or the one after several pull requests that nobody answered."""
    import_module("metabot.cli.pr").say_to_all("resume", reason=reason, config=config)


@pr.command()
def watch(config: ConfigFile = None) -> None:
    """Look once at what people did with the pull requests, and do what they ask for in comments."""
    import_module("metabot.cli.pr").watch_once(config=config)
