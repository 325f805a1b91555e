"""Settings: one TOML file, one loader, unknown keys refused with the nearest known key named."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MetaLayer(Section):
    analysis_window_hours: int = 24
    baseline_days: int = 14
    improvement_threshold: float = 0.2
    pr_generation_enabled: bool = True
    auto_merge_enabled: Literal[False] = False


class Source(Section):
    path: str  # a file, a folder or a glob, relative to the settings file
    format: str = "auto"
    trust: Literal["internal", "public"] = "internal"


class Store(Section):
    path: Path = Path(".metabot/store.duckdb")


class Ledger(Section):
    path: Path = Path(".metabot/ledger.sqlite")


class Target(Section):
    """The repository that proposals are written for. Without one, findings are shown and nothing is written."""

    repository: Path | None = None
    base_branch: str = "main"
    services: tuple[str, ...] = ()
    setup: str = ""
    test: str = ""
    evaluate: str = ""
    environment: dict[str, str] = {}
    model_script: Path | None = None
    setup_environment: tuple[str, ...] = ()
    allowed_paths: tuple[str, ...] = ("**",)
    protected_paths: tuple[str, ...] = ()
    max_files: int = 5
    max_lines: int = 200


class Sandbox(Section):
    kind: Literal["bwrap", "none"] = "bwrap"
    seconds: int = 300
    memory_mb: int = 2048
    processes: int = 256
    read_only: tuple[Path, ...] = ()


class Publish(Section):
    kind: Literal["local"] = "local"
    remote: str = "origin"
    pulls: Path = Path(".metabot/pulls")
    max_open: int = 3


class Settings(Section):
    meta_layer: MetaLayer = MetaLayer()
    sources: tuple[Source, ...] = ()
    store: Store = Store()
    ledger: Ledger = Ledger()
    target: Target = Target()
    sandbox: Sandbox = Sandbox()
    publish: Publish = Publish()
    analyzers: dict[str, dict[str, float | int | bool | str]] = {}
