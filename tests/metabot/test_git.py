"""The target repository, hostile or not, through real git."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from metabot.errors import RepositoryError
from metabot.git import Hunk, Repository
from metabot.git_environment import Access

TOKEN = "github_pat_11AAAAAAA0123456789abc_0123456789abcdef"
BRANCH = "metabot/prompt-cache-miss-0123456789ab"
COMMITTER = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@shop.test"} | {
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@shop.test",
}


HOOKS = (
    *("pre-commit", "post-commit", "commit-msg", "prepare-commit-msg", "post-checkout", "post-index-change"),
    *("reference-transaction", "pre-push", "pre-receive", "update", "post-receive", "post-update", "proc-receive"),
)


def git(at: Path, *arguments: str) -> str:
    plain = {"PATH": os.environ["PATH"], "HOME": str(at), "GIT_CONFIG_NOSYSTEM": "1", **COMMITTER}
    done = subprocess.run(["git", *arguments], cwd=at, env=plain, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def no_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty home without a git identity, in an environment where other variables of git's point elsewhere."""
    monkeypatch.setenv("HOME", str(tmp_path / "empty home"))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    at = tmp_path / "shop"
    at.mkdir()
    git(at, "init", "-q", "-b", "main")
    (at / "src").mkdir()
    (at / "src" / "über uns.py").write_text("PRICE = 1\r\n", newline="")
    (at / "run").write_text("#!/bin/sh\n")
    (at / "run").chmod(0o755)
    (at / "logo").write_bytes(b"\0\1")
    (at / "latin").write_bytes(b"\xe9")
    (at / "outside").symlink_to("/etc")
    git(at, "add", ".")
    git(at, "commit", "-q", "-m", "first")
    git(at, "tag", "v1")
    return at


@pytest.fixture
def remote(tmp_path: Path, shop: Path) -> Path:
    at = tmp_path / "remote.git"
    git(tmp_path, "init", "-q", "--bare", str(at))
    git(shop, "remote", "add", "origin", "../remote.git")
    git(shop, "push", "-q", "origin", "main")
    return at


def head(shop: Path) -> str:
    return git(shop, "rev-parse", "HEAD")


@pytest.mark.parametrize("where", ["missing", "empty", "shop/src"])
def test_refuses_what_is_no_repository(tmp_path: Path, shop: Path, where: str) -> None:
    """Also a folder inside of a repository: its files would be taken for the whole."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(RepositoryError, match="not the top folder of a git repository"):
        Repository(tmp_path / where)


def test_says_so_where_git_is_missing(shop: Path, tmp_path: Path) -> None:
    """Without git on PATH the message names git and what to do, also when GitPython is imported for the first time."""
    code = (
        "from pathlib import Path\nfrom metabot.git import Repository\nfrom metabot.errors import RepositoryError\n"
        f"try:\n    Repository(Path({str(shop)!r}))\nexcept RepositoryError as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert "git was not found on PATH" in done.stdout, done.stderr


@pytest.mark.parametrize("revision", ["main", "v1", "HEAD", "refs/heads/main"])
def test_resolves_names_to_full_ids(shop: Path, revision: str) -> None:
    """A branch, a tag, HEAD and a shortened id name a commit."""
    repository = Repository(shop)
    assert repository.resolve(revision) == head(shop)
    assert repository.resolve(head(shop)[:10]) == head(shop)


@pytest.mark.parametrize("revision", ["", "absent", "-q", "--all", "main:run", "main..v1", "0" * 40, "x\ny"])
def test_resolves_nothing_else(shop: Path, revision: str) -> None:
    """Options, ranges, files and unknown names are no commit."""
    assert Repository(shop).resolve(revision) is None


def test_lists_and_reads_regular_text_files(shop: Path) -> None:
    """Names as they are written, line ends kept; links, binary and other encodings are not text."""
    repository = Repository(shop)
    assert repository.files(head(shop)) == ("latin", "logo", "run", "src/über uns.py")
    assert repository.read(head(shop), "src/über uns.py") == "PRICE = 1\r\n"
    for path in ("logo", "latin", "outside", "absent", "../shop/run", "src"):
        assert repository.read(head(shop), path) is None


def test_reads_many_files_as_one_by_one(shop: Path) -> None:
    """Of all paths, in their order, the regular texts that are not too large; what is no text is left out."""
    target = Repository(shop)
    sha = target.resolve("main")
    assert sha is not None
    paths = ("run", "latin", "outside", "missing", "src/über uns.py", "logo")
    assert list(target.texts(sha, paths, largest=100)) == [("run", "#!/bin/sh\n"), ("src/über uns.py", "PRICE = 1\r\n")]
    assert [path for path, _ in target.texts(sha, paths, largest=10)] == ["run"]
    assert list(target.texts(sha, (), largest=10)) == []


def test_tells_which_lines_differ(shop: Path) -> None:
    """As git counts them, whatever the repository's settings and attributes say about comparing."""
    before = git(shop, "rev-parse", "main")
    (shop / "run").write_text("# new\n#!/bin/sh\n@@ -1 +1 @@\n")
    (shop / ".gitattributes").write_text("run -diff\n")
    git(shop, "config", "diff.external", "/bin/false")
    git(shop, "add", ".")
    git(shop, "commit", "-q", "-m", "second")
    target = Repository(shop)
    after = git(shop, "rev-parse", "main")
    assert target.hunks(before, after, "run") == (Hunk(0, 0, 1, 1), Hunk(1, 0, 3, 1))
    assert target.hunks(before, after, "src/über uns.py") == ()
    assert target.hunks(before, after, ":(glob)**") == ()


def test_asks_for_full_ids(shop: Path) -> None:
    """A revision from elsewhere never reaches a command without having been resolved."""
    with pytest.raises(RepositoryError, match="not a full commit id"):
        Repository(shop).files("--help")


def test_a_worktree_holds_the_commit_and_goes_away(shop: Path, tmp_path: Path) -> None:
    """Detached, with modes and links; afterwards neither the folder nor git's note of it is left."""
    repository = Repository(shop)
    with repository.worktree(head(shop), tmp_path / "trees" / "base") as at:
        assert git(at, "status", "--porcelain") == ""
        assert git(at, "rev-parse", "HEAD") == head(shop)
        assert os.access(at / "run", os.X_OK)
        assert (at / "outside").is_symlink()
        (at / ".git").write_text("gitdir: /somewhere/else")
        (at / "left.txt").write_text("x")
    assert not at.exists()
    assert len(git(shop, "worktree", "list").splitlines()) == 1
    assert Path("/etc/passwd").exists()


def test_a_worktree_is_not_made_over_something(shop: Path, tmp_path: Path) -> None:
    """What is already there stays."""
    (tmp_path / "mine").mkdir()
    with pytest.raises(RepositoryError, match="in the way"), Repository(shop).worktree(head(shop), tmp_path / "mine"):
        pass
    assert (tmp_path / "mine").is_dir()


def test_prunes_what_a_killed_run_left(shop: Path, tmp_path: Path) -> None:
    """Worktrees below the named folder go, whether or not their folder is still there; others stay."""
    repository = Repository(shop)
    for name in ("state/a", "state/b", "mine"):
        git(shop, "worktree", "add", "-q", "--detach", str(tmp_path / name), "HEAD")
    git(shop, "worktree", "lock", str(tmp_path / "state/b"))
    subprocess.run(["rm", "-r", str(tmp_path / "state/b")], check=True)
    assert set(repository.prune_worktrees(tmp_path / "state")) == {tmp_path / "state/a", tmp_path / "state/b"}
    assert not (tmp_path / "state/a").exists()
    assert len(git(shop, "worktree", "list").splitlines()) == 2


def test_commits_without_touching_checkout_and_index(shop: Path) -> None:
    """Staged and unstaged work of the user is as before; modes are kept, new files are plain."""
    (shop / "run").write_text("staged\n")
    git(shop, "add", "run")
    (shop / "run").write_text("unstaged\n")
    before = git(shop, "status", "--porcelain=v2")
    base = head(shop)
    sha = Repository(shop).commit(base, BRANCH, {"run": "new\n", "tests/new.py": "é\r\n"}, "Do it\n\nWhy.")
    assert git(shop, "status", "--porcelain=v2") == before
    assert head(shop) == base
    assert git(shop, "diff", "--raw", "--abbrev=4", base, sha).split("\n")[0].startswith(":100755 100755")
    assert set(git(shop, "diff", "--name-only", base, sha).splitlines()) == {"run", "tests/new.py"}
    assert Repository(shop).read(sha, "tests/new.py") == "é\r\n"
    assert git(shop, "log", "-1", "--format=%an %ce|%s|%b", sha) == "metabot metabot@users.noreply.invalid|Do it|Why."


def test_the_same_change_is_the_same_commit(shop: Path) -> None:
    """A run that was killed after its commit makes that commit again."""
    repository = Repository(shop)
    first, again = (repository.commit(head(shop), BRANCH, {"run": "new\n"}, "Do it") for _ in range(2))
    assert first == again == git(shop, "rev-parse", BRANCH)


def test_a_branch_left_by_a_killed_run_moves_and_any_other_does_not(shop: Path) -> None:
    """A branch of a person, or one that is checked out, is refused with what to do."""
    repository = Repository(shop)
    repository.commit(head(shop), BRANCH, {"run": "old\n"}, "Do it")
    newer = repository.commit(head(shop), BRANCH, {"run": "new\n"}, "Do it")
    assert git(shop, "rev-parse", BRANCH) == newer
    git(shop, "branch", "mine")
    with pytest.raises(RepositoryError, match="git branch -D mine"):
        repository.commit(head(shop), "mine", {"run": "new\n"}, "Do it")
    git(shop, "checkout", "-q", BRANCH)
    with pytest.raises(RepositoryError, match="checked out"):
        repository.commit(git(shop, "rev-parse", "main"), BRANCH, {"run": "newest\n"}, "Do it")


@pytest.mark.parametrize(
    "path",
    [
        "/etc/x",
        "../x",
        "a/../x",
        ".git/hooks/post-commit",
        "a/.GIT/x",
        "outside",
        "outside/x",
        "run/x",
        "",
        "a//b",
        "x\0y",
    ],
)
def test_commits_no_path_that_leads_elsewhere(shop: Path, path: str) -> None:
    """Out of the repository, into .git, over or through a link, or below a file."""
    with pytest.raises(RepositoryError):
        Repository(shop).commit(head(shop), BRANCH, {path: "x"}, "Do it")
    assert git(shop, "branch", "--list", "metabot/*") == ""


def test_a_commit_over_another_moves_its_branch_forward(shop: Path, remote: Path) -> None:
    """Base first, so that the difference to the base is the change alone; files of the overridden one are gone."""
    repository = Repository(shop)
    old = repository.commit(head(shop), BRANCH, {"old.py": "1\n"}, "Old")
    repository.push("origin", BRANCH, old)
    new = repository.commit(head(shop), BRANCH, {"run": "new\n"}, "New", over=old)
    repository.push("origin", BRANCH, new)
    assert git(shop, "log", "-1", "--format=%P", new).split() == [head(shop), old]
    assert git(shop, "diff", "--name-only", f"main...{new}") == "run"


def test_knows_its_own_commits_and_what_a_commit_contains(shop: Path) -> None:
    """A commit that is not here is neither."""
    repository = Repository(shop)
    base = head(shop)
    own = repository.commit(base, BRANCH, {"run": "new\n"}, "Do it")
    assert [repository.is_own(sha) for sha in (own, base, "0" * 40)] == [True, False, False]
    assert [repository.contains(own, base), repository.contains(own, own)] == [True, True]
    assert [repository.contains(base, own), repository.contains(base, "0" * 40)] == [False, False]


def test_pushes_a_new_branch_and_moves_it_forward(shop: Path, remote: Path) -> None:
    """The remote's path may be relative to the repository; nothing but the branch is made."""
    repository = Repository(shop)
    assert repository.remote_branch("origin", BRANCH) is None
    first = repository.commit(head(shop), BRANCH, {"run": "1\n"}, "One")
    repository.push("origin", BRANCH, first)
    repository.push("origin", BRANCH, first)
    assert repository.remote_branch("origin", BRANCH) == first
    second = repository.commit(first, BRANCH, {"run": "2\n"}, "Two")
    repository.push(str(remote), BRANCH, second)
    assert git(remote, "for-each-ref", "--format=%(refname)").splitlines() == [
        "refs/heads/main",
        f"refs/heads/{BRANCH}",
    ]
    assert repository.remote_branch("origin", BRANCH) == second


def test_never_forces(shop: Path, remote: Path) -> None:
    """A branch that went another way is left, and the error has git's words."""
    repository = Repository(shop)
    repository.push("origin", BRANCH, repository.commit(head(shop), BRANCH, {"run": "1\n"}, "One"))
    other = repository.commit(head(shop), BRANCH, {"run": "2\n"}, "Two")
    with pytest.raises(RepositoryError, match=r"rejected.*\(non-fast-forward\)|fetch first"):
        repository.push("origin", BRANCH, other)
    assert git(remote, "show", f"{BRANCH}:run") == "1"


@pytest.mark.parametrize(
    "address", ["ext::sh -c touch% /tmp/x", "http://shop.test/x", "git://shop.test/x", "--exec=x", ""]
)
def test_talks_to_no_other_address(shop: Path, address: str) -> None:
    """Addresses that start a program or go in clear text are refused before git sees them."""
    with pytest.raises(RepositoryError):
        Repository(shop).push(address, BRANCH, head(shop))


def test_an_unreachable_remote_is_an_error_with_gits_words(shop: Path, tmp_path: Path) -> None:
    """The message says which remote and what git said."""
    with pytest.raises(RepositoryError, match="does not appear to be a git repository"):
        Repository(shop).remote_branch(str(tmp_path / "absent.git"), BRANCH)


def _program(shop: Path, mark: Path, name: str) -> str:
    at = shop.parent / f"program-{name}"
    at.write_text(f"#!/bin/sh\necho {name} >> {mark}\ncat\n")
    at.chmod(0o755)
    return str(at)


def _arm(shop: Path, remote: Path, mark: Path) -> None:
    """Every setting, hook and attribute by which a repository could start a program."""
    for at in (shop / ".git", remote):
        for hook in HOOKS:
            hook_at = at / "hooks" / hook
            hook_at.parent.mkdir(exist_ok=True)
            hook_at.write_text(f"#!/bin/sh\necho {at.name} {hook} >> {mark}\n")
            hook_at.chmod(0o755)
        git(at, "config", "core.hooksPath", str(at / "hooks"))
        git(at, "config", "core.alternateRefsCommand", _program(shop, mark, "alternates"))
    settings = {
        "core.fsmonitor": "fsmonitor",
        "core.sshCommand": "ssh",
        "core.askPass": "askpass",
        "core.pager": "pager",
        "core.editor": "editor",
        "diff.external": "diff",
        "gpg.program": "gpg",
        "filter.evil.smudge": "smudge",
        "filter.evil.clean": "clean",
        "filter.evil.process": "process",
        "diff.evil.textconv": "textconv",
        "credential.helper": "credential",
        "remote.origin.receivepack": "receivepack",
        "remote.origin.uploadpack": "uploadpack",
    }
    for key, name in settings.items():
        git(shop, "config", key, _program(shop, mark, name))
    for key in ("log.showSignature", "commit.gpgSign", "push.gpgSign", "core.untrackedCache"):
        git(shop, "config", key, "true")
    git(shop, "config", f"url.ext::{_program(shop, mark, 'ext')}.insteadOf", "ext-me:")
    (shop / ".git" / "info" / "attributes").write_text("* filter=evil diff=evil\n")


def test_nothing_of_a_hostile_repository_runs(shop: Path, remote: Path, tmp_path: Path) -> None:
    """Hooks, filters, fsmonitor and every program that its settings name stay unused through everything we do."""
    (shop / ".gitattributes").write_text("* filter=evil diff=evil\n")
    git(shop, "add", ".")
    git(shop, "commit", "-q", "-m", "attributes")
    mark = tmp_path / "ran"
    _arm(shop, remote, mark)
    repository = Repository(shop)
    sha = repository.commit(head(shop), BRANCH, {"run": "new\n"}, "Do it")
    repository.push("origin", BRANCH, sha)
    assert repository.remote_branch("origin", BRANCH) == sha
    with repository.worktree(sha, tmp_path / "tree") as at:
        assert (at / "run").read_text() == "new\n"
    repository.prune_worktrees(tmp_path / "trees")
    assert repository.resolve(BRANCH) == sha
    assert not mark.exists(), mark.read_text()
    git(shop, "commit", "-q", "--no-gpg-sign", "--allow-empty", "-m", "armed")
    assert "post-commit" in mark.read_text()


def test_our_environment_stays_here(shop: Path, remote: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A secret among our variables reaches no program that git starts: here the remote's own end."""
    monkeypatch.setenv("SHOP_TOKEN", "secret")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.hooksPath")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(shop))
    programs = tmp_path / "programs"
    programs.mkdir()
    seen = tmp_path / "seen"
    (programs / "git").write_text(f'#!/bin/sh\nenv >> {seen}\nPATH={os.environ["PATH"]} exec git "$@"\n')
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    Repository(shop).push("origin", BRANCH, head(shop))
    assert "GIT_TERMINAL_PROMPT=0" in seen.read_text()
    assert "SHOP_TOKEN" not in seen.read_text()
    assert str(shop) + "\n" not in "".join(
        line for line in seen.read_text().splitlines(keepends=True) if line.startswith("GIT_CONFIG_VALUE")
    )


def test_reads_a_repository_of_another_owner(shop: Path) -> None:
    """A clone made by somebody else opens without a setting of the user's."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another owner")
    for path in (shop, *shop.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)
    assert Repository(shop).files(Repository(shop).resolve("main") or "")


class Unwilling(BaseHTTPRequestHandler):
    """Refuses whoever asks, and notes what it was told and which process shows a token to who lists processes."""

    told: ClassVar[dict[str, tuple[bool, bool]]] = {}

    def do_GET(self) -> None:
        listed = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
        basic = base64.b64encode(f"x-access-token:{TOKEN}".encode())
        shown = any(secret in line for line in listed for secret in (TOKEN.encode(), basic))
        self.told[self.path.split("/info")[0]] = (self.headers["Authorization"] == f"Basic {basic.decode()}", shown)
        self.send_error(403)

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_token_reaches_its_repository_alone(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a header that no list of processes shows, to no other address of the same server, and in no error's words."""
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)
    with ThreadingHTTPServer(("127.0.0.1", 0), Unwilling) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        web = f"http://127.0.0.1:{server.server_port}"
        repository = Repository(shop, Access(f"{web}/ada/shop", "SHOP_TOKEN"))
        for address in (f"{web}/ada/shop.git", f"{web}/ada/shop-2.git"):
            with pytest.raises(RepositoryError, match="403") as caught:
                repository.push(address, BRANCH, head(shop))
            assert TOKEN not in str(caught.value)
        server.shutdown()
    assert Unwilling.told == {"/ada/shop.git": (True, False), "/ada/shop-2.git": (False, False)}
    assert TOKEN not in (shop / ".git/config").read_text()


@pytest.mark.parametrize("address", ["http://github.test/ada/shop.git", "http://127.0.0.1.evil.test/ada/shop.git"])
def test_no_web_address_but_on_this_machine_is_talked_to_readably(shop: Path, address: str) -> None:
    """What is fetched decides what runs, and a token may travel with it."""
    with pytest.raises(RepositoryError, match="not an address that metabot talks to"):
        Repository(shop).fetch(address)
