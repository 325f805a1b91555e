"""What a proposal may never touch, whatever the settings say: a table, compared without regard to case.

Three kinds: files that decide what runs elsewhere (workflows, hooks, manifests), files that tell people or agents
what to do (CODEOWNERS, agents' instructions, metabot's own settings), and files that judge the change (existing
tests, benchmarks, evaluations).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

from metabot.verify.commands import words
from metabot.verify.paths import matches

NEVER: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "a manifest or lock file": (
            "**/pyproject.toml", "**/setup.py", "**/setup.cfg", "**/requirements*.txt", "**/requirements*.in",
            "**/requirements/**", "**/constraints*.txt", "**/pipfile", "**/pipfile.lock", "**/poetry.lock",
            "**/uv.lock", "**/uv.toml", "**/pdm.lock", "**/pylock*.toml", "**/environment.y*ml",
            "**/conda-lock.y*ml", "**/package.json", "**/package-lock.json", "**/npm-shrinkwrap.json",
            "**/yarn.lock", "**/pnpm-lock.yaml", "**/pnpm-workspace.yaml", "**/bun.lock*", "**/deno.json*",
            "**/deno.lock", "**/go.mod", "**/go.sum", "**/go.work*", "**/cargo.toml", "**/cargo.lock", "**/gemfile",
            "**/gemfile.lock", "**/*.gemspec", "**/composer.json", "**/composer.lock", "**/pom.xml",
            "**/build.gradle*", "**/settings.gradle*", "**/gradle.lockfile", "**/*.csproj", "**/packages.lock.json",
            "**/mix.exs", "**/mix.lock", "**/flake.nix", "**/flake.lock",
        ),
        "a build or delivery file": (
            "**/makefile", "**/justfile", "**/dockerfile*", "**/*.dockerfile", "**/containerfile*",
            "**/docker-compose*.y*ml", "**/compose*.y*ml", "**/jenkinsfile*", "**/azure-pipelines*.y*ml",
            "**/bitbucket-pipelines.y*ml", "**/tox.ini", "**/noxfile.py", "**/pytest.ini",
            "**/pytest.toml", "**/unittest.cfg", "**/nose2.cfg", "**/jest.config.*", "**/vitest.config.*",
            "**/vite.config.*", "**/babel.config.*", "**/karma.conf.*", "**/playwright.config.*", "**/phpunit.xml*",
            "**/taskfile.y*ml", "**/rakefile", "**/cmakelists.txt", "**/build.rs", "**/hatch.toml", "**/pixi.toml",
            "**/turbo.json", "**/nx.json", "**/*.pth",
            "**/sitecustomize.py", "**/usercustomize.py", "**/*.tf",
        ),
        "CODEOWNERS": ("**/codeowners",),
        "an agent's instructions": (
            "**/agents.md", "**/agents.override.md", "**/agent.md", "**/claude.md", "**/claude.local.md",
            "**/gemini.md", "**/copilot-instructions.md", "**/*.instructions.md", "**/*.prompt.md",
            "**/.cursorrules", "**/.windsurfrules", "**/.clinerules", "**/conventions.md", "**/skill.md",
        ),
        "metabot's own settings": ("config.toml", "**/metabot.toml"),
        "a test or benchmark that exists": (
            "**/test/**", "**/tests/**", "**/testing/**", "**/__tests__/**", "**/spec/**", "**/specs/**",
            "**/test_*.py", "**/*_test.py", "**/conftest.py", "**/*_test.go", "**/*.test.*", "**/*.spec.*",
            "**/*_spec.rb", "**/bench/**", "**/benchmark/**", "**/benchmarks/**", "**/*bench*.py",
        ),
        "an evaluation": (
            "**/eval/**", "**/evals/**", "**/evaluation/**", "**/evaluations/**", "**/golden/**", "**/evaluate.py",
            "**/evaluate_*.py", "**/evaluation.py", "**/run_eval*.py", "**/eval.py", "**/evals.py", "**/eval_*.py",
            "**/*_eval.py", "**/*_evals.py",
        ),
    }
)  # fmt: skip

JUDGES: Final = ("a test or benchmark that exists", "an evaluation")
"""The kinds that measure a change."""

TEST_FOLDERS: Final = ("test", "tests", "testing", "__tests__", "spec", "specs")
"""Names of folders that hold a repository's tests; a new test goes below one, or beside an existing test."""


def kind_of(path: str) -> str | None:
    """Which kind of protected file the path is, in words; None where it is none."""
    folded = path.casefold()
    if any(part.startswith(".") for part in folded.split("/")):
        return "a dot-file or in a dot-folder (workflows, hooks, editors and agents keep theirs there)"
    return next((kind for kind, globs in NEVER.items() if matches(folded, globs)), None)


def judges(commands: Iterable[str], files: Iterable[str]) -> frozenset[str]:
    """Files of the repository that the given commands name: `-m a.b` names a/b.py, src/a/b.py and a/b/__main__.py.

    What measures a change may not be changed by it.
    """
    named = {word for command in commands for word in words(command)}
    modules = {f"{word.replace('.', '/')}{end}" for word in named for end in (".py", "/__main__.py")}
    paths = {str(PurePosixPath(word)) for word in named}
    paths |= {f"{root}{module}" for root in ("", "src/", "lib/") for module in modules}
    return frozenset(files) & paths
