"""Every failure that metabot words itself.

    MetabotError
    ├── SettingsError      config.toml, an option or an environment variable is wrong         exit 2
    ├── InputError         a telemetry file cannot be read as what it claims to be            exit 2
    ├── StoreError         the store or the ledger cannot be opened, read or written          exit 5
    ├── RepositoryError    git or the target repository is not as needed                      exit 5
    ├── SandboxError       the sandbox is missing, or its canary found a hole                 exit 3
    └── PublishError       a pull request could not be written or looked up                   exit 5

A message says where, what, and what to do. A refused proposal is no error: it is a `Stopped`, a value.
"""

from __future__ import annotations


class MetabotError(Exception):
    exit_code = 5


class SettingsError(MetabotError):
    exit_code = 2


class InputError(MetabotError):
    exit_code = 2


class StoreError(MetabotError):
    pass


class RepositoryError(MetabotError):
    pass


class SandboxError(MetabotError):
    exit_code = 3


class PublishError(MetabotError):
    pass
