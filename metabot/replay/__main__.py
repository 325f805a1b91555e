"""`metabot replay SCRIPT|CASSETTE`: serve scripted or recorded answers, alone or for the length of one command."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from metabot.replay import cassette_file, child, script_file
from metabot.replay.cassette import CassetteError
from metabot.replay.cassette_player import CassettePlayer
from metabot.replay.player import Player
from metabot.replay.request_log import RequestLog
from metabot.replay.script import ScriptError
from metabot.replay.server import ReplayServer, start


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: the command's own after `--then`; 2 for a broken script or option; 127 where it cannot be started."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.then == []:
        parser.error("--then needs a command after it")
    try:
        player = _player(options.played, seed=options.seed, speed=options.speed)
    except (ScriptError, CassetteError) as error:
        _say(str(error))
        return 2
    with ExitStack() as stack:
        try:
            log = stack.enter_context(options.log.open("a", encoding="utf-8")) if options.log else None
            marked, called = not options.unmarked, options.called
            server = ReplayServer(options.port, player, RequestLog(log), marked=marked, called=called)
            if options.port_file:
                _write_port(options.port_file, server.server_address[1])
        except OSError as error:
            _say(f"replay: {error}. Choose another port or file.")
            return 2
        stack.callback(server.server_close)
        code = _serve(server, options.then, with_stdin=options.until_stdin_closes)
        return _ended(server, options.summary, code)


def _player(path: Path, *, seed: int, speed: float) -> Player | CassettePlayer:
    """ScriptError, CassetteError: the file is missing or wrong."""
    try:
        recorded = cassette_file.is_cassette(path)
    except OSError as error:
        raise ScriptError(f"{path}: cannot be read: {error.strerror}. Name a script or a cassette.") from error
    if recorded:
        return CassettePlayer(cassette_file.load(path), seed=seed, speed=speed, clock=time.monotonic)
    return Player(script_file.load(path), seed=seed, speed=speed, clock=time.monotonic)


def _ended(server: ReplayServer, summary: Path | None, code: int) -> int:
    """Says what was matched how. A summary that cannot be written ends a run with 2 that would have ended well."""
    if isinstance(server.player, CassettePlayer):
        _say(f"replay: {server.summary.line()}")
    if summary is None:
        return code
    try:
        server.summary.write(summary)
    except OSError as error:
        _say(f"replay: {error}. Choose another --summary.")
        return code or 2
    return code


def _serve(server: ReplayServer, command: Sequence[str] | None, *, with_stdin: bool) -> int:
    if command is None:
        return _until_ended(server, with_stdin=with_stdin)
    environ = child.environment(os.environ, server.origin, marked=server.marked)
    try:
        return child.run(command, environ, lambda: start(server))
    except OSError as error:
        _say(f"replay: {command[0]} cannot be started: {error}.")
        return 127


def _until_ended(server: ReplayServer, *, with_stdin: bool) -> int:
    _say(f"replay: {', '.join(server.player.models)} at {server.url}")
    awaited = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    start(server)
    if with_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    signal.sigwait(awaited)
    server.shutdown()
    return 0


def _end_with_stdin() -> None:
    """Whoever holds the other end of the pipe may be killed: the kernel closes it then."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _write_port(path: Path, port: int) -> None:
    written = path.with_name(path.name + ".part")
    written.write_text(f"{port}\n", encoding="ascii")
    written.replace(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="metabot replay", description=__doc__)
    parser.add_argument(
        "played", type=Path, metavar="SCRIPT|CASSETTE", help="a TOML file of rules, or a cassette of recorded exchanges"
    )
    parser.add_argument("--port", type=_port, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--port-file", type=Path, metavar="F", help="write the port there once it listens")
    parser.add_argument("--speed", type=_speed, default=1.0, help="divides every recorded or modelled time")
    parser.add_argument("--seed", type=int, default=0, help="of the times and failures that are drawn")
    parser.add_argument("--log", type=Path, metavar="FILE", help="append one JSON line for each request")
    parser.add_argument("--summary", type=Path, metavar="FILE", help="write there at the end what was matched how")
    parser.add_argument("--unmarked", action="store_true", help="say nowhere that a replay answers")
    parser.add_argument(
        "--called", choices=("127.0.0.1", "localhost"), default="127.0.0.1", help="this machine's name in its address"
    )
    parser.add_argument("--until-stdin-closes", action="store_true", help="end with whoever holds standard input")
    parser.add_argument(
        "--then",
        nargs=argparse.REMAINDER,
        metavar="COMMAND",
        help="run it once the server listens, with {model} and {tools} in its environment replaced, and end with it",
    )
    return parser


def _port(written: str) -> int:
    port = int(written)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


def _speed(written: str) -> float:
    speed = float(written)
    if not 0 < speed < float("inf"):
        raise argparse.ArgumentTypeError("the speed must be greater than 0")
    return speed


if __name__ == "__main__":
    sys.exit(main())
