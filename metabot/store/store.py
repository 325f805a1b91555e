"""The store: one DuckDB file, opened by one process at a time for the length of a stage."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

import duckdb

from metabot import temporary
from metabot.errors import StoreError
from metabot.lock import held
from metabot.telemetry.shares import processors

SCHEMA_VERSION: Final = 5

_MEMORY: Final = "512MB"  # sorts and joins go to disk beyond it
TIGHT: Final = "100MB"  # enough while a file is decoded, which needs memory of its own
FOLDING: Final = "160MB"  # enough to take in a file of any size: what was taken in goes to disk
ROOMY: Final = "1GB"  # what rows with long lists and texts need

_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": False,  # nothing is ever fetched
    "autoload_known_extensions": False,
    "memory_limit": _MEMORY,
    "arrow_large_buffer_size": True,  # prompts and results: a column may hold more than 2 GiB of text
}
# What storage does, and not a mistake in a statement: disk full, no permission, a damaged file, memory spent.
_STORAGE: Final = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.FatalException,
    duckdb.SerializationException,
    duckdb.TransactionException,
)


@dataclass(frozen=True, slots=True)
class Store:
    """An open store. Made by `opened` and `temporary`; `connection` is for this folder alone."""

    path: Path
    connection: duckdb.DuckDBPyConnection
    lasting: bool  # False: it goes when the block ends

    @property
    def parts(self) -> Path:
        """The folder of what a load has read and not taken in yet."""
        return self.path.with_name(self.path.name + ".parts")

    @staticmethod
    @contextmanager
    def temporary() -> Iterator[Store]:
        """A store of its own in a temporary folder, which is gone afterwards, whatever happens inside."""
        with temporary_folder() as folder, _connected(folder / "store.duckdb", lasting=False) as store:
            yield store

    def spans(self) -> int:
        """How many spans it holds."""
        with self.storage():
            row = self.connection.execute("SELECT count(*) FROM spans").fetchone()
        assert row is not None
        return int(row[0])

    @contextmanager
    def storage(self) -> Iterator[None]:
        """Failures of the disk and of memory inside become `StoreError`."""
        try:
            yield
        except _STORAGE as error:
            raise _unusable(self.path, error) from error

    @contextmanager
    def memory(self, bound: str) -> Iterator[None]:
        """Another bound on memory inside: `TIGHT`, `FOLDING` or `ROOMY`."""
        self._bind(bound)
        try:
            yield
        finally:
            self._bind(_MEMORY)

    def _bind(self, bound: str) -> None:
        with suppress(duckdb.OutOfMemoryException):  # more than that is in use: the bound stays where it is
            self.connection.execute(f"SET memory_limit = '{bound}'")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing, whenever the process ends."""
        self.connection.begin()
        try:
            yield
            self.connection.commit()
        except BaseException:
            _roll_back(self.connection)
            raise


@contextmanager
def opened(path: Path, *, purpose: str, waiting: Callable[[str], None]) -> Iterator[Store]:
    """The store at `path`, made where there is none, for this process alone until the end of the block.

    `purpose` is what others read who have to wait ("metabot run"); `waiting` is called with the holder's purpose,
    process id and time while this process waits. Raises `StoreError` where the file is no store of this version, or
    cannot be read or written.
    """
    with held(path, purpose=purpose, waiting=waiting), _connected(path, lasting=True) as store:
        yield store


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is gone afterwards, whatever happens inside. Raises `StoreError` where none can be made."""
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(temporary.folder())
        except OSError as error:
            raise StoreError(
                f"no temporary folder can be made: {error}.\n  Point TMPDIR at a folder with space."
            ) from error
        yield folder


@contextmanager
def _connected(path: Path, *, lasting: bool) -> Iterator[Store]:
    try:
        # With more threads than processors DuckDB's wait for each other by spinning.
        connection = duckdb.connect(path, config={**_SETTINGS, "threads": processors()})
    except _STORAGE as error:
        raise _unusable(path, error) from error
    store = Store(path, connection, lasting)
    try:
        with store.storage():
            connection.execute("SET enable_progress_bar = false")  # it would be drawn on standard output
            _prepare(store)
        shutil.rmtree(store.parts, ignore_errors=True)  # of a process that was killed
        yield store
    finally:
        with store.storage():
            connection.close()


def _prepare(store: Store) -> None:
    """Write the schema into a new file; refuse one that this version did not write."""
    tables = {name for (name,) in store.connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if not tables:
        with store.transaction():
            store.connection.execute(resources.files("metabot.store").joinpath("schema.sql").read_text("utf-8"))
            store.connection.execute("INSERT INTO schema_version VALUES (?)", [SCHEMA_VERSION])
        return
    if "schema_version" not in tables:
        raise StoreError(f"{store.path}: is a DuckDB database, but not metabot's.\n  Choose another [store] path.")
    versions = [version for (version,) in store.connection.execute("SELECT version FROM schema_version").fetchall()]
    if versions != [SCHEMA_VERSION]:
        raise StoreError(
            f"{store.path}: was written with schema {versions}, this metabot reads {SCHEMA_VERSION}.\n"
            "  Move the file away and load the sources again, or use the metabot that wrote it."
        )


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.rollback()
    except _STORAGE:
        # A failed commit has ended the transaction already; the failure itself is on its way up.
        return


def _unusable(path: Path, error: BaseException) -> StoreError:
    return StoreError(
        f"{path}: {str(error).splitlines()[0]}\n"
        "  Free space, or choose another [store] path; a damaged store can be moved away and loaded again."
    )
