"""`metabot events …`: the list of its commands."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated, Final

import typer

from metabot.cli.options import ConfigFile, Output

events: Final = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="An application's event log: write to it, follow it, stream it, play it back, see what never fired.",
)

Log = Annotated[
    Path | None,
    typer.Option("--log", help="The event log.", show_default="METABOT_EVENTS_PATH"),
]
Types = Annotated[
    list[str] | None, typer.Option("--type", metavar="GLOB", help="Only these types; may be given again.")
]


@events.command()
def emit(
    kind: Annotated[str, typer.Argument(metavar="TYPE", help="The event's type; metabot events types lists them.")],
    values: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE", help="What it says: JSON values, else texts.")
    ] = None,
    task: Annotated[str | None, typer.Option("--task-id", help="The task that it belongs to.")] = None,
    session: Annotated[str | None, typer.Option("--session-id", help="The session that it belongs to.")] = None,
    persona: Annotated[str | None, typer.Option("--persona-id", help="Who acted.")] = None,
    log: Log = None,
) -> None:
    """Write one event, from any shell.

    For example: `metabot events emit deployment version=1.4 share=0.25 canary=true --session-id release-7`

    A type that is not in the catalogue is written and marked, and said. Ends with exit code 5 where it cannot be
    written.
    """
    import_module("metabot.cli.events").emit(
        kind, values or [], task_id=task, session_id=session, persona_id=persona, log=log
    )


@events.command()
def types(output: Output = "table") -> None:
    """List the catalogue: every declared type, what it says and what it usually holds."""
    import_module("metabot.cli.events").types(output=output)


@events.command()
def tail(
    kinds: Types = None,
    task: Annotated[str | None, typer.Option("--task", help="Only of this task.")] = None,
    session: Annotated[str | None, typer.Option("--session", help="Only of this session.")] = None,
    last: Annotated[int, typer.Option(min=0, help="How many that are there already to begin with.")] = 10,
    follow: Annotated[bool, typer.Option("--follow/--no-follow", help="Go on with what comes.")] = True,
    log: Log = None,
    output: Output = "table",
) -> None:
    """Print events as they come, until Ctrl-C.

    For example: `metabot events tail --type 'alert_*' --format json | jq .payload`

    As json it is one event a line, for pipes. A log that is not there yet is waited for; rotation is followed.
    """
    import_module("metabot.cli.events_tail").tail(
        tuple(kinds or ("*",)),
        task_id=task,
        session_id=session,
        last=last,
        follow=follow,
        log=log,
        output=output,
    )


@events.command()
def stream(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8765,
    token: Annotated[
        str | None,
        typer.Option(
            "--token-env", metavar="NAME", help="The environment variable that holds the token clients must send."
        ),
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="Let pages of this origin listen; may be given again. Else no browser may."),
    ] = None,
    log: Log = None,
) -> None:
    """Serve new events over WebSocket, one JSON text each, until Ctrl-C or SIGTERM.

    For example: `metabot events stream --port 8765`, then listen on `ws://127.0.0.1:8765/?type=alert_*&task=ID`

    On other addresses than loopback it demands a token: Authorization: Bearer …. A client that is too slow is dropped
    and counted; the log is never held up.
    """
    import_module("metabot.cli.events_stream").stream(
        host=host, port=port, token_variable=token, origins=tuple(origin or ()), log=log
    )


@events.command()
def playback(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The event log to play.", dir_okay=False)],
    speed: Annotated[float, typer.Option(min=0, help="How many times as fast; 0 is at once.")] = 1.0,
    kinds: Types = None,
    into: Annotated[
        Path | None, typer.Option("--into", help="Write them into this log, marked as playback, and print nothing.")
    ] = None,
    output: Output = "table",
) -> None:
    """Give recorded events again at their recorded distances: printed, or written into another log.

    For example: `metabot events playback .metabot/events.jsonl --speed 10 --into /tmp/again.jsonl`
    """
    import_module("metabot.cli.events_playback").play(
        path, speed=speed, kinds=tuple(kinds or ("*",)), into=into, output=output
    )


@events.command()
def coverage(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="The application's sources: files or folders.")
    ] = None,
    log: Annotated[
        list[Path] | None,
        typer.Option("--log", help="An event log; may be given again.", show_default="the configured one"),
    ] = None,
    trace: Annotated[
        list[Path] | None,
        typer.Option("--trace", help="A file of trace lines; may be given again.", show_default="the configured one"),
    ] = None,
    fail_under: Annotated[
        float | None, typer.Option("--fail-under", min=0, max=100, help="End with 4 below this percentage.")
    ] = None,
    output: Output = "table",
) -> None:
    """Report which declared event types and which instrumented points never fired.

    For example: `metabot events coverage src --log .metabot/events.jsonl --fail-under 95`

    A point is a place in the sources that emits an event or opens a span. --fail-under counts points, without PATH
    declared types.
    """
    import_module("metabot.cli.events_coverage").report(
        paths or [], logs=log or [], traces=trace or [], fail_under=fail_under, output=output
    )


@events.command()
def backtest(
    metrics: Annotated[
        list[Path] | None,
        typer.Option(
            "--metrics",
            metavar="FILE",
            help="The gauge's history: Prometheus' text, or its answer to a range query; may be given again.",
            show_default="performance_metric events of the log",
        ),
    ] = None,
    gauge: Annotated[str, typer.Option(metavar="NAME", help="The gauge.")] = "pforge_efficiency",
    horizon: Annotated[
        float, typer.Option(min=0.001, max=31_536_000, help="Seconds after a plan in which its change is looked for.")
    ] = 3600.0,
    store: Annotated[bool, typer.Option("--store", help="The configured store's samples of it, too.")] = False,
    log: Log = None,
    output: Output = "table",
    config: ConfigFile = None,
) -> None:
    """Tell whether proposed plans of higher priority moved a gauge more than those of lower.

    For example: `metabot events backtest --metrics efficiency.prom --horizon 600`

    Reads plan_proposed events, whose priority is a number or a word from lowest to critical. Says the rank correlation
    with its interval; in words only where at least 20 plans do not overlap and the interval excludes 0.
    """
    import_module("metabot.cli.events_backtest").report(
        log=log, metrics=metrics or [], store=store, config=config, gauge=gauge, horizon=horizon, output=output
    )
