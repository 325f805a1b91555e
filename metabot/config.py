"""Settings: one TOML file, one loader, unknown keys refused with the nearest known key named.

Relative paths count from the folder of the settings file. `config.toml` at the top of the project lists every setting
with its default. Secrets never stand here: a setting that needs one holds the name of an environment variable.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from metabot.config_errors import explained, unknown
from metabot.config_values import (
    FilePath,
    Located,
    OptionalNumber,
    OptionalPath,
    ServerAddress,
    TimeZone,
    Window,
    of_known_types,
)
from metabot.errors import SettingsError
from metabot_instrument.monitoring.registry import TYPES as MONITORS
from metabot_instrument.validation.registry import TYPES as VALIDATORS

DEFAULT_FILE: Final = Path("config.toml")


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True)


class MetaLayer(Section):
    analysis_window_hours: int = Field(24, gt=0)
    baseline_days: int = Field(14, gt=0)
    improvement_threshold: float = Field(0.2, ge=0)  # above 1 nothing can be proposed: more than all is out of reach
    max_runs: int = Field(32, gt=0)
    measurement_seconds: int = Field(600, gt=0)
    pr_generation_enabled: bool = True
    auto_merge_enabled: bool = False


class Source(Section):
    path: str
    format: str = "auto"
    trust: Literal["internal", "public"] = "internal"
    columns: dict[str, str] = {}
    time_zone: TimeZone = "UTC"  # of times that are written without one


class Store(Section):
    path: FilePath = Path(".metabot/store.duckdb")
    capture: Literal["full", "redacted", "hashes"] = "redacted"


class Ledger(Section):
    path: FilePath = Path(".metabot/ledger.sqlite")


class Target(Section):
    """The repository that proposals are written for. Without one, findings are shown and nothing is written.

    Commands are split as a shell splits words and run without a shell. In them, and in the values of `environment`,
    `{env}` stands for the folder that `setup` fills, `{python}` for the interpreter below metabot's own environment,
    `{telemetry}` for the file that the run's telemetry goes to, `{model}` and `{tools}` for the base URLs of the replay
    server, which plays `model_script`: a script or a cassette, as its content tells.
    In `setup`, `&&` joins several commands, and `{uv}` stands for the installer uv that metabot brings.
    """

    repository: Located = None
    base_branch: str = "main"
    services: tuple[str, ...] = ()
    setup: str = ""
    setup_environment: tuple[str, ...] = ()
    test: str = ""
    evaluate: str = ""
    benchmark: str = ""
    environment: dict[str, str] = {}
    model_script: OptionalPath = None
    model_speed: float = Field(1.0, gt=0)
    allowed_paths: tuple[str, ...] = ("**",)
    protected_paths: tuple[str, ...] = ()
    max_files: int = Field(5, gt=0)
    max_lines: int = Field(200, gt=0)


class Model(Section):
    """The language model that writes what no recipe does. It is asked only where an address and a name are set.

    `script` answers in its place: the replay server plays it, and what it writes is labelled scripted.
    """

    base_url: ServerAddress = ""
    name: str = ""
    script: OptionalPath = None
    api_key_variable: str = Field("", pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")  # a key written here would not pass
    structured: Literal["auto", "schema", "json", "text"] = "auto"
    rounds: int = Field(3, gt=0, le=10)
    candidates: int = Field(1, gt=0, le=10)
    max_tokens: int = Field(8000, gt=0)
    temperature: OptionalNumber = Field(None, ge=0, le=2)
    timeout_seconds: float = Field(60, gt=0)
    deadline_seconds: float = Field(900, gt=0)
    requests_per_minute: int = Field(30, gt=0)
    budget_usd_per_proposal: float = Field(1.0, ge=0)
    budget_usd_per_day: float = Field(10.0, ge=0)
    budget_tokens_per_proposal: int = Field(200_000, ge=0)
    budget_tokens_per_day: int = Field(2_000_000, ge=0)

    @property
    def named(self) -> bool:
        return self.script is not None or bool(self.base_url and self.name)


class Sandbox(Section):
    kind: Literal["bwrap", "none"] = "bwrap"
    seconds: int = Field(300, gt=0)
    memory_mb: int = Field(2048, gt=0)
    processes: int = Field(256, gt=0)
    disk_mb: int = Field(2048, gt=0)
    read_only: tuple[FilePath, ...] = ()


class Publish(Section):
    """Where pull requests go, and when. Days and hours are those of `time_zone`."""

    kind: Literal["local", "github"] = "local"
    remote: str = "origin"
    pulls: FilePath = Path(".metabot/pulls")
    max_open: int = Field(3, gt=0)
    max_new_per_day: int = Field(1, gt=0)
    pause_after_unanswered: int = Field(3, ge=0)  # 0: never
    expire_days: int = Field(21, ge=0)  # 0: never
    analyzers_off: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()
    time_zone: TimeZone = "UTC"
    labels: tuple[str, ...] = ("metabot",)
    code_owners_review: bool = True
    dashboard: bool = True
    onboarding: bool = True


class Github(Section):
    repository: str = Field("", pattern=r"^([A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+)?$")
    api_url: ServerAddress = "https://api.github.com"
    token_variable: str = Field("METABOT_GITHUB_TOKEN", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")  # a token would not pass


class Schedule(Section):
    """Cron expressions of five fields in `time_zone`; an empty one never runs the job."""

    load: str = "*/15 * * * *"
    run: str = "0 6 * * *"
    watch: str = "*/10 * * * *"
    windows: tuple[Window, ...] = ()
    time_zone: TimeZone = "UTC"
    load_seconds: int = Field(900, gt=0)
    run_seconds: int = Field(7200, gt=0)
    watch_seconds: int = Field(300, gt=0)
    catch_up_hours: float = Field(24, ge=0)


class Telemetry(Section):
    """metabot's own: the events of its life and its stages as spans. What it analyzes stands in `sources`."""

    service_name: str = Field("metabot", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    trace: bool = False
    trace_sample_rate: float = Field(1.0, ge=0, le=1)
    endpoint: ServerAddress = ""
    protocol: Literal["http", "grpc"] = "http"
    metrics_interval_seconds: float = Field(60.0, ge=0)


class Monitoring(Section):
    """What checks metabot's own model and GitHub calls, and what watches them. Each is a table with its `type`."""

    validators: Annotated[tuple[dict[str, Any], ...], of_known_types(VALIDATORS)] = ()
    monitors: Annotated[tuple[dict[str, Any], ...], of_known_types(MONITORS)] = ()


class Price(Section):
    """USD per million tokens."""

    model: str
    provider: str | None = None
    input: float = Field(ge=0)
    cached_input: float | None = Field(None, ge=0)
    cache_write: float | None = Field(None, ge=0)
    output: float = Field(ge=0)


class Settings(Section):
    meta_layer: MetaLayer
    store: Store
    ledger: Ledger
    target: Target
    model: Model
    sandbox: Sandbox
    publish: Publish
    github: Github
    schedule: Schedule
    telemetry: Telemetry
    monitoring: Monitoring
    sources: tuple[Source, ...] = ()
    prices: tuple[Price, ...] = ()
    analyzers: dict[str, dict[str, bool | int | float | str]] = {}
    root: Path = Field(exclude=True, repr=False)  # the settings file's folder, set by the loader

    @property
    def state(self) -> Path:
        """Where environments, worktrees and locks of this project are kept."""
        return self.ledger.path.parent


_EMPTY: Final[dict[str, Any]] = {name: {} for name, field in Settings.model_fields.items() if field.is_required()}


def load(path: Path) -> Settings:
    """Read one settings file. Raises `SettingsError` naming the file, the key and what to write instead."""
    try:
        with path.open("rb") as file:
            values = tomllib.load(file)
    except FileNotFoundError:
        raise SettingsError(
            f"{path}: there is no such settings file.\n  Name yours with --config FILE, or let metabot init write a "
            f"{path.name} here; the reference with every default is config.toml of the project."
        ) from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not TOML: {error}.") from error
    return parse(values, name=str(path), root=path.resolve().parent)


def parse(values: dict[str, Any], *, name: str, root: Path) -> Settings:
    """Check and complete the values of a settings file called `name` that lies in `root`."""
    if "root" in values:
        raise SettingsError(unknown(name, ("root",), Settings))
    try:
        settings = Settings.model_validate({**_EMPTY, **values, "root": root}, context={"root": root})
    except ValidationError as error:
        raise SettingsError("\n".join(explained(name, details, Settings) for details in error.errors())) from None
    if settings.meta_layer.auto_merge_enabled:
        raise SettingsError(
            f"{name}: [meta_layer] auto_merge_enabled = true is not possible: metabot never merges, a person does.\n"
            "  Remove the line or set it to false."
        )
    return settings
