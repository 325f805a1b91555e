"""Where in the application's own code an error was raised: the deepest frame of its stack trace that is no library's.

Reads stack traces as Python, Node.js, the JVM and Go print them. The figures of a line move with every edit: what
tells two errors apart is the function alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

_LONGEST: Final = 20_000  # characters of a stack trace that are looked at, at its deep end

PLACE: Final = ("frame_file", "frame_function", "frame_line")


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How a frame is printed. The named groups of `frame` are `file`, `function` and `line`."""

    frame: str
    library: str  # what the text of a frame holds whose code is not the application's
    deepest_last: bool = False


_LANGUAGES: Final = (
    Language(
        frame=r'File "(?<file>[^"\n]+)", line (?<line>\d{1,9}), in (?<function>[^\n]+)',
        library=r'(?i)(site|dist)-packages|[/\\]lib[/\\]python\d|[/\\]python\d*[/\\]lib[/\\]|"<',
        deepest_last=True,
    ),
    Language(
        frame=r"\bat (?<function>[\w.$<>]+)\((?<file>[\w$]+\.(?:java|kt|scala|groovy)):(?<line>\d{1,9})\)",
        library=r"^at (java|javax|jdk|sun|com\.sun|jakarta|kotlin|kotlinx|scala|reactor|okhttp3|io\.netty"
        r"|org\.(springframework|apache|eclipse|hibernate|junit|jetbrains))\.",
    ),
    Language(
        frame=r"\bat (?:async )?(?:(?<function>[^\s(][^(\n]*?) \()?(?<file>(?:file://|node:|webpack|/|[A-Za-z]:\\)[^\n()]*?)"
        r":(?<line>\d{1,9}):\d+",
        library=r"node_modules|node:|internal/",
    ),
    Language(
        frame=r"(?m)^(?<function>[\w./*()-]+)\([^\n]*\)\n\t(?<file>[^\n]+\.go):(?<line>\d{1,9})",
        library=r"/usr/local/go/|/go/src/runtime/|/pkg/mod/|/vendor/|^(runtime|panic)[.(]",
    ),
)


def in_app_frame(stacktrace: pl.Expr) -> list[pl.Expr]:
    """`frame_file`, `frame_function` and `frame_line`: null where no frame is the application's own."""
    found = [_deepest(stacktrace, language) for language in _LANGUAGES]
    return [
        pl.coalesce(frame.struct.field("file") for frame in found).alias("frame_file"),
        pl.coalesce(frame.struct.field("function") for frame in found).str.strip_chars().alias("frame_function"),
        pl.coalesce(frame.struct.field("line") for frame in found).cast(pl.Int64).alias("frame_line"),
    ]


def _deepest(stacktrace: pl.Expr, language: Language) -> pl.Expr:
    near = stacktrace.str.tail(_LONGEST) if language.deepest_last else stacktrace.str.head(_LONGEST)
    own = near.str.extract_all(language.frame).list.eval(
        pl.element().filter(~pl.element().str.contains(language.library))
    )
    deepest = own.list.last() if language.deepest_last else own.list.first()
    return deepest.str.extract_groups(language.frame)
