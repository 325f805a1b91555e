"""What a proposal may be before anything of it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metabot.config import Target
from metabot.generate.proposal import Edit, NewTest, Proposal
from metabot.stopped import Stopped
from metabot.verify import protected
from metabot.verify.policy import BaseTree, refusal

BASE = {
    "app/main.py": "x = 1\n",
    "app/other.py": "y = 1\n",
    "app/evaluate.py": "print(1)\n",
    "tests/test_app.py": "assert True\n",
    "tests/unit/test_deep.py": "assert True\n",
    "evidence/README.md": "not a test\n",
    "deploy/run.py": "pass\n",
    "image.png": None,
}
TEST = "assert True\n"


def refused(proposal: Proposal, **target: Any) -> Stopped | None:
    base = BaseTree(files=frozenset(BASE), read=BASE.get)
    return refusal(proposal, base=base, target=Target(**target))


def edit(path: str = "app/main.py", before: str = "x = 1\n", after: str = "x = 2\n") -> tuple[Edit, ...]:
    return (Edit(path=path, before=before, after=after),)


def new_test(path: str = "tests/test_new.py", text: str = TEST) -> NewTest:
    return NewTest(path=path, text=text)


@pytest.mark.parametrize(
    ("given", "target"),
    [
        pytest.param({}, {}, id="a small change with a test"),
        pytest.param({"new_test": new_test("tests/unit/test_new.py")}, {}, id="a test in a deeper folder"),
        pytest.param({"new_test": new_test("tests/new_cases.py")}, {}, id="a test by its folder alone"),
        pytest.param({}, {"allowed_paths": ("app/*.py",)}, id="among the allowed paths, which the test needs not be"),
        pytest.param({}, {"protected_paths": ("deploy",)}, id="something else is protected"),
        pytest.param({"edits": edit(after="x = 'sk-learn'\n")}, {}, id="a word that begins like a key"),
        pytest.param({"edits": edit(after="x = 1\n\ty = 2\f\n")}, {}, id="tabs and form feeds"),
        pytest.param({}, {"max_files": 1, "max_lines": 3}, id="just small enough"),
    ],
)
def test_lets_through(a_proposal: Callable[..., Proposal], given: dict[str, Any], target: dict[str, Any]) -> None:
    """What breaks no rule is not refused."""
    assert refused(a_proposal(new_test=given.pop("new_test", new_test()), **given), **target) is None


APPLY, PROTECTED, LARGE, FORBIDDEN = "does not apply", "protected path", "too large", "forbidden change"


@pytest.mark.parametrize(
    ("given", "target", "reason"),
    [
        pytest.param({"edits": ()}, {}, APPLY, id="no edit"),
        pytest.param({"edits": edit(before="x = 0\n")}, {}, APPLY, id="another text at the base"),
        pytest.param({"edits": edit(before="x = 1")}, {}, APPLY, id="another line end at the base"),
        pytest.param({"edits": edit(after="x = 1\n")}, {}, APPLY, id="an edit that changes nothing"),
        pytest.param(
            {"edits": edit("app/missing.py")}, {}, APPLY, id="a file that is not there, a link or a submodule"
        ),
        pytest.param({"edits": edit("image.png", "", "x")}, {}, APPLY, id="a binary file"),
        pytest.param({"new_test": new_test("tests/test_app.py")}, {}, APPLY, id="a test that is there"),
        pytest.param({"new_test": new_test("tests/TEST_app.py")}, {}, APPLY, id="a test that differs in case alone"),
        pytest.param({"new_test": new_test("tests/unit")}, {}, APPLY, id="a test named like a folder"),
        pytest.param({"new_test": new_test("tests/test_app.py/x.py")}, {}, APPLY, id="a test below a file"),
        pytest.param({"new_test": new_test("app/test_new.py")}, {}, FORBIDDEN, id="a test outside of the tests"),
        pytest.param(
            {"new_test": new_test("tests/link/test_new.py")}, {}, FORBIDDEN, id="a test in a new or linked folder"
        ),
        pytest.param(
            {"new_test": new_test("evidence/test_new.py")}, {}, FORBIDDEN, id="a test in a folder without tests"
        ),
        pytest.param({"edits": edit("/app/main.py")}, {}, FORBIDDEN, id="an absolute path"),
        pytest.param({"edits": edit("app/../../main.py")}, {}, FORBIDDEN, id="a path out of the repository"),
        pytest.param({"new_test": new_test("../test_new.py")}, {}, FORBIDDEN, id="a test out of the repository"),
        pytest.param({"edits": edit() * 2}, {}, FORBIDDEN, id="one file twice"),
        pytest.param({"edits": edit(after="x = '\0'\n")}, {}, FORBIDDEN, id="a null"),
        pytest.param({"edits": edit(after="x = '\u202e'\n")}, {}, FORBIDDEN, id="text turned around"),
        pytest.param({"edits": edit(after="x = '\u200b'\n")}, {}, FORBIDDEN, id="an invisible character"),
        pytest.param({"edits": edit(after="x = '\ud800'\n")}, {}, FORBIDDEN, id="half a character"),
        pytest.param({"new_test": new_test(text="\x1b[2J")}, {}, FORBIDDEN, id="a terminal's sequence in the test"),
        pytest.param(
            {"edits": edit(after=f"k = '''-----BEGIN {'RSA PRIVATE'} KEY-----'''\n")}, {}, FORBIDDEN, id="a private key"
        ),
        pytest.param({"edits": edit(after=f"k = '{'AKIA'}ABCDEFGHIJKLMNOP'\n")}, {}, FORBIDDEN, id="an AWS key"),
        pytest.param({"edits": edit(after=f"k = '{'ghp_'}{'a1' * 18}'\n")}, {}, FORBIDDEN, id="a GitHub token"),
        pytest.param(
            {"new_test": new_test(text=f"k = '{'sk-'}{'a1' * 12}'\n")}, {}, FORBIDDEN, id="an API key in the test"
        ),
        pytest.param(
            {"edits": edit("app/evaluate.py", "print(1)\n", "print(2)\n")}, {}, PROTECTED, id="the evaluation"
        ),
        pytest.param({"edits": edit("deploy/run.py", "pass\n", "2\n")}, {}, PROTECTED, id="the test command's program"),
        pytest.param({}, {"benchmark": "python app/main.py"}, PROTECTED, id="the benchmark"),
        pytest.param({}, {"allowed_paths": ("lib/**",)}, PROTECTED, id="outside of the allowed paths"),
        pytest.param({}, {"protected_paths": ("app",)}, PROTECTED, id="below a protected folder"),
        pytest.param({}, {"protected_paths": ("tests/**",)}, PROTECTED, id="the test on a protected path"),
        pytest.param({"new_test": new_test("tests/conftest.py")}, {}, PROTECTED, id="a new conftest"),
        pytest.param({"new_test": new_test("tests/.test_new.py")}, {}, PROTECTED, id="a hidden test"),
        pytest.param({"new_test": new_test("tests/unit/setup.py")}, {}, PROTECTED, id="a new manifest among the tests"),
        pytest.param(
            {"edits": edit() + edit("app/other.py", "y = 1\n", "")}, {"max_files": 1}, LARGE, id="too many files"
        ),
        pytest.param({}, {"max_lines": 2}, LARGE, id="too many lines, the test's counted"),
        pytest.param({"new_test": new_test(text="pass\n" * 199)}, {}, LARGE, id="a long test"),
    ],
)
def test_refuses(
    a_proposal: Callable[..., Proposal], given: dict[str, Any], target: dict[str, Any], reason: str
) -> None:
    """Each breaks one rule; the stop says which path and what to do."""
    commands = {"test": "python deploy/run.py", "evaluate": "{env}/bin/python -m app.evaluate"}
    stopped = refused(a_proposal(new_test=given.pop("new_test", new_test()), **given), **commands, **target)
    assert stopped is not None
    assert (stopped.stage, stopped.reason) == ("applied", reason)
    assert stopped.detail.endswith(".")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (".github/workflows/ci.yml", "a dot-file"),
        ("a/.hidden/x.py", "a dot-file"),
        (".gitattributes", "a dot-file"),
        (".pre-commit-config.yaml", "a dot-file"),
        (".cursorrules", "a dot-file"),
        ("pyproject.toml", "a manifest"),
        ("sub/PyProject.TOML", "a manifest"),
        ("requirements-dev.txt", "a manifest"),
        ("uv.lock", "a manifest"),
        ("web/package.json", "a manifest"),
        ("Cargo.lock", "a manifest"),
        ("go.sum", "a manifest"),
        ("Dockerfile.prod", "a build"),
        ("Makefile", "a build"),
        ("app/sitecustomize.py", "a build"),
        ("CODEOWNERS", "CODEOWNERS"),
        ("docs/CODEOWNERS", "CODEOWNERS"),
        ("AGENTS.md", "an agent"),
        ("sub/Claude.md", "an agent"),
        ("docs/copilot-instructions.md", "an agent"),
        ("config.toml", "metabot's own"),
        ("tests/test_a.py", "a test"),
        ("app/test_a.py", "a test"),
        ("conftest.py", "a test"),
        ("web/a.test.ts", "a test"),
        ("pkg/a_test.go", "a test"),
        ("benchmarks/run.py", "a test"),
        ("evals/cases.json", "an evaluation"),
    ],
)
def test_what_is_always_protected(path: str, kind: str) -> None:
    """By name, wherever it lies and however it is written."""
    found = protected.kind_of(path)
    assert found is not None
    assert found.startswith(kind)


@pytest.mark.parametrize(
    "path", ["app/main.py", "src/contest.py", "app/latest.py", "docs/testing.md", "app/config.toml"]
)
def test_what_is_not(path: str) -> None:
    """Names that only look alike are free to change."""
    assert protected.kind_of(path) is None


def test_every_kind_is_refused_as_an_edit(a_proposal: Callable[..., Proposal]) -> None:
    """The table is asked for edits whatever the settings allow."""
    for globs in protected.NEVER.values():
        for glob in globs:
            path = glob.replace("**/", "").replace("**", "x.py").replace("*", "a")
            stopped = refused(a_proposal(edits=edit(path)), allowed_paths=("**",))
            assert stopped is not None, path
            assert stopped.reason == PROTECTED, path


def test_what_the_commands_name_is_found() -> None:
    """By module, in a source folder, as a package, by path; a name that is no file is nothing."""
    files = ["app/evaluate.py", "src/lib/score.py", "bench/__main__.py", "run.sh", "app/main.py"]
    commands = ("{env}/bin/python -m app.evaluate", "python -m lib.score", "python -m bench", "sh ./run.sh")
    assert protected.judges(commands, files) == set(files) - {"app/main.py"}


_SAMPLES = sorted(
    glob.replace("**/", "deep/er/", 1).replace("**", "x.py").replace("*", "a")
    for globs in protected.NEVER.values()
    for glob in globs
)


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """A protected path with its letters' case changed, folders before it, and pieces that mean nothing on disk."""
    path = draw(st.sampled_from([*_SAMPLES, ".github/workflows/ci.yml", ".git/config", "app/.env"]))
    letters = (draw(st.sampled_from([str.upper, str.lower, str]))(letter) for letter in path)
    noise = st.sampled_from(["", "./", "/", "a/../", "//", "~/", "C:", "\\", " ", "\u200d", "\u202e", "\0", "\ufeff"])
    spelled = [draw(noise) if letter == "/" else "" for letter in path]
    end = draw(st.sampled_from(["", ".", " ", "::$DATA", "/", "/."]))
    return draw(noise) + "".join(f"{letter}{more}" for letter, more in zip(letters, spelled, strict=True)) + end


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spelled=spellings())
def test_no_spelling_lets_a_protected_path_through(a_proposal: Callable[..., Proposal], spelled: str) -> None:
    """Whatever the case, the folders and the pieces between: refused for its path, even where the base has such a file.

    The same path as a new test's is refused, too, unless it is only that of a test.
    """
    base = BaseTree(files=frozenset({*BASE, spelled}), read={**BASE, spelled: "x = 1\n"}.get)
    stopped = refusal(a_proposal(edits=edit(spelled)), base=base, target=Target())
    assert stopped is not None
    assert stopped.reason in (FORBIDDEN, PROTECTED)
    if protected.kind_of(spelled) not in ("a test or benchmark that exists", None):
        assert refused(a_proposal(new_test=new_test(spelled))) is not None
