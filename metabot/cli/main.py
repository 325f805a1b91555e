"""The one place that turns an error into a message and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from io import TextIOWrapper
from typing import Final

from metabot.cli.commands import app
from metabot.cli.console import remark
from metabot.errors import MetabotError

_STORAGE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)  # what only its user can mend


def main() -> None:
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)  # an application's, whose environment this is: ours has a ledger
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without a character shows a question mark
    try:
        app()
    except MetabotError as error:
        remark(f"error: {error}")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away (`| head`): Python would complain once more at exit
        sys.exit(0)
    except OSError as error:
        if error.errno not in _STORAGE:
            raise
        where = f"{error.filename}: " if error.filename else ""
        remark(f"error: {where}{error.strerror}.\n  Make room, or let metabot write there; then run it again.")
        sys.exit(MetabotError.exit_code)


if __name__ == "__main__":
    main()
