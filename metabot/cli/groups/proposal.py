"""`metabot proposal …`: the list of its commands."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Final, Literal

import typer

from metabot.cli.options import ConfigFile, Output

proposal: Final = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="What was proposed, how it was tried, and whether its verdict still holds.",
)

Identity = Annotated[str, typer.Argument(help="A proposal's ID, or a unique beginning of one.", metavar="ID")]


@proposal.command("list")
def list_proposals(output: Output = "table", config: ConfigFile = None) -> None:
    """List every proposal and how it ended, below the funnel from findings to pull requests.

    The funnel counts each finding once, by its latest end: found, placed in the repository, written, applied (allowed
    by policy), sound (tests), better (figures), opened. Beside a step stands why the others did not come to it.
    """
    import_module("metabot.cli.proposal").list_proposals(output=output, config=config)


@proposal.command()
def show(
    identity: Identity,
    output: Annotated[Literal["table", "json"], typer.Option("--format", help="How to print.")] = "table",
    tails: Annotated[bool, typer.Option("--output", help="Print the end of what each command printed.")] = False,
    config: ConfigFile = None,
) -> None:
    """Show a proposal: the change, its new test, every run, the figures, the verdict, where the time went.

    Runs are numbered, and figures name the runs that they were counted from. Those of a proposal that was stopped are
    there as far as they were made.
    """
    import_module("metabot.cli.proposal").show(identity, output=output, tails=tails, config=config)


@proposal.command()
def verify(
    identity: Identity,
    rerun: Annotated[
        bool, typer.Option("--rerun", help="Make every run once more as well, at the base of then, and compare.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Compute a proposal's verdict again from what was measured, and say whether it is the one that was recorded.

    Nothing runs, unless --rerun asks for it; what that comes to is printed and not kept. Ends with exit code 4 where a
    verdict is another one than was recorded.
    """
    import_module("metabot.cli.proposal").verify(identity, rerun=rerun, config=config)
