"""`metabot`: the list of its commands. What each needs is imported once it runs."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from metabot.cli.groups.events import events
from metabot.cli.groups.pr import pr
from metabot.cli.groups.proposal import proposal
from metabot.cli.groups.store import store
from metabot.cli.groups.trace import trace
from metabot.cli.options import ConfigFile, Output

_TEACH: Final = """Telemetry of an LLM application in, proved pull requests out; a person merges.

Start with  metabot analyze FILE  on any telemetry file, or  metabot demo  to see the whole way.

Exit codes: 0 done, 2 wrong settings or input, 3 no sandbox to prove changes in, 4 found what --fail-on names, a
verdict that does not hold, or a problem that doctor says, 5 store, repository or publishing.
"""

# Of the ways in which Typer shows docstrings only Markdown keeps [store] and sets a paragraph's lines anew.
app = typer.Typer(
    help=_TEACH,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

app.add_typer(store, name="store")
app.add_typer(proposal, name="proposal")
app.add_typer(pr, name="pr")
app.add_typer(trace, name="trace")
app.add_typer(events, name="events")


def _print_version(asked: bool) -> None:
    if asked:
        from metabot import __version__

        typer.echo(f"metabot {__version__}")
        raise typer.Exit


@app.callback()
def metabot(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="The project's folder.", metavar="PATH")] = Path(),
    config: Annotated[Path, typer.Option("--config", help="The settings file to write, at the project's top.")] = Path(
        "config.toml"
    ),
    workflow: Annotated[bool, typer.Option("--workflow", help="Write a GitHub Actions workflow as well.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write anew what is there; the old file is kept.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what it would write, and write nothing.")] = False,
) -> None:
    """Look at a project and write its settings: what was found and how, and what you have to add.

    Files are read and parsed, never run: languages, tests, calls of models, instrumentation, services, evaluations,
    telemetry that lies about, the remote. A file that is there is kept, and the difference shown.
    """
    import_module("metabot.cli.init").init(path, name=config, workflow=workflow, force=force, dry_run=dry_run)


@app.command()
def doctor(
    ask: Annotated[bool, typer.Option("--ask", help="Ask the model one short question as well; it may cost.")] = False,
    output: Output = "table",
    config: ConfigFile = None,
) -> None:
    """Look whether everything that a pass needs is in place, and say what to do where it is not.

    Store, ledger, sources, clock, git, repository, commands, sandbox, model, token and its permissions, schedule,
    validators and monitors. Asks GitHub where [publish] names it, and nothing else of the network. Ends with exit code
    4 where there is a problem.
    """
    import_module("metabot.cli.doctor").doctor(ask=ask, output=output, config=config)


@app.command()
def analyze(
    paths: Annotated[
        list[str] | None, typer.Argument(help="Telemetry files, folders or globs.", metavar="PATH")
    ] = None,
    output: Annotated[Literal["table", "json", "markdown"], typer.Option("--format", help="How to print.")] = "table",
    input_format: Annotated[
        str, typer.Option("--input-format", help="What the files are, as docs/formats.md names it.")
    ] = "auto",
    since: Annotated[str | None, typer.Option(help="Score from this time on: 24h, 7d, or 2026-11-04T10:00Z.")] = None,
    analyzer: Annotated[list[str] | None, typer.Option(help="Only this analyzer; may be given again.")] = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on",
            metavar="LIMIT",
            help="End with exit code 4 if anything is found (any), or if it "
            "costs more than this in what was analyzed (cost:USD).",
        ),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Print an overview of the telemetry and what is wrong with it.

    With PATHs: loads them into a store of their own and scores everything in them. Without: loads the configured
    sources and scores the configured window. Data goes to standard output, progress to standard error. Findings stand
    dearest first; what was seen in tests or evaluations only stands apart, and counts for --fail-on like any other.
    """
    command = import_module("metabot.cli.analyze")
    command.analyze(
        paths or [],
        output=output,
        input_format=input_format,
        since=since,
        only=tuple(analyzer or ()),
        fail_on=fail_on,
        config=config,
    )


@app.command()
def load(
    paths: Annotated[
        list[str] | None, typer.Argument(help="Telemetry files, folders or globs.", metavar="PATH")
    ] = None,
    input_format: Annotated[
        str, typer.Option("--input-format", help="What the files are, as docs/formats.md names it.")
    ] = "auto",
    config: ConfigFile = None,
) -> None:
    """Load telemetry into the configured store: the PATHs, else the configured sources. Twice adds nothing.

    Prints what each file was taken for and what it added: calls are the model calls that its traces hold now, known are
    spans that the store held already, rejects what could not be read (metabot store rejects). A table of your own needs
    format = "table" and its columns in the settings.
    """
    import_module("metabot.cli.load").load(paths or [], input_format=input_format, config=config)


@app.command()
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it would open, and open nothing.")] = False,
    again: Annotated[
        str | None, typer.Option(metavar="ID", help="Prove this finding once more, open or not; opens nothing.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """One pass: load, analyze, place, write, prove, open pull requests. Twice opens nothing twice.

    For cron and CI: exit code 0 is done, whether it opened something or not; 2 wrong settings or input; 3 no sandbox to
    prove changes in; 5 store, ledger, repository or publishing. It waits for a pass that runs already.
    """
    import_module("metabot.cli.run").run(dry_run=dry_run, again=again, config=config)


@app.command()
def serve(
    once: Annotated[
        Literal["load", "run", "watch"] | None,
        typer.Option("--once", help="Run this job now, in the same way, and end; 5 where it did not succeed."),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Run load, run and watch by the times of [schedule] until told to end: SIGTERM or Ctrl-C, exit code 0.

    Each is a process of its own that is ended where it takes too long; one that fails is logged and recorded and does
    not stop the next. What was due while nothing served runs once. Where another one serves already, it says which and
    ends with exit code 5. docs/schedule.md tells more.
    """
    import_module("metabot.cli.serve").serve_jobs(once=once, config=config)


@app.command()
def schedule(output: Output = "table", config: ConfigFile = None) -> None:
    """Show the jobs of metabot serve: when each runs, how it went the last time, when it runs next."""
    import_module("metabot.cli.schedule").show(output=output, config=config)


@app.command()
def metrics(
    openmetrics: Annotated[bool, typer.Option("--openmetrics", help="In OpenMetrics, not Prometheus' text.")] = False,
    config: ConfigFile = None,
) -> None:
    """Print metabot's own metrics, for a textfile collector: passes, findings, stops, proposals, model calls, cost.

    For example: `metabot metrics > metabot.prom.new && mv metabot.prom.new metabot.prom`

    They are sums over everything that the project's ledger keeps; docs/metrics.md lists them.
    """
    import_module("metabot.cli.metrics").show(openmetrics=openmetrics, config=config)


@app.command()
def propose(
    finding: Annotated[
        list[str] | None, typer.Argument(help="Findings, by the beginning of their IDs; all if none.", metavar="ID")
    ] = None,
    author: Annotated[
        Literal["recipe", "model"] | None,
        typer.Option(help="Who writes; else a recipe that is sure, and the model where there is none."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Prove the change, and open nothing.")] = False,
    unproved: Annotated[
        bool, typer.Option("--unproved", help="Only write the change: quick, runs nothing, and opens nothing.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print the changes alone, for `git apply`; implies --unproved.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Write changes for findings, prove them and open pull requests; show each with its test and the reasons.

    A model writes where [model] of the settings names one; within its budget.
    """
    import_module("metabot.cli.propose").propose(
        tuple(finding or ()),
        author=author or "both",
        dry_run=dry_run,
        proved=not (unproved or diff),
        diff_alone=diff,
        config=config,
    )


@app.command()
def show(
    identity: Annotated[str, typer.Argument(help="A fingerprint, or a unique beginning of one.", metavar="ID")],
    traces: Annotated[int, typer.Option(min=0, max=3, help="How many of its traces to draw.")] = 1,
    text: Annotated[
        bool, typer.Option("--text", help="Quote what stands where two prompts part, if the store holds it.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Show a finding, drawn, and the proposal, pull request or stop that came of it."""
    import_module("metabot.cli.show").show(identity, traces=traces, text=text, config=config)


@app.command()
def explain(
    analyzer: Annotated[
        str | None, typer.Argument(help="Its name, as findings print it, or its dotted path.", metavar="ANALYZER")
    ] = None,
) -> None:
    """Print an analyzer's page: what it finds, what it ignores, its settings. Without a name, list them all."""
    import_module("metabot.cli.explain").explain(analyzer)


@app.command()
def demo(
    into: Annotated[Path, typer.Option("--into", help="Folder for everything the demo makes.")] = Path("demo"),
) -> None:
    """Run a small support agent with three faults and take them the whole way, on this machine alone.

    Needs no account and no key. The model is a scripted server; the application, its telemetry, its tests and the
    pull requests are real.
    """
    import_module("metabot.cli.demo").demo(into)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False)
def replay(context: typer.Context) -> None:
    """Serve scripted or recorded answers over HTTP: metabot replay FILE [--port N] [--then COMMAND ...]."""
    raise SystemExit(import_module("metabot.replay.__main__").main(context.args))
