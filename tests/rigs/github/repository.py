"""A bare git repository, read and written with git's own plumbing commands."""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

DEFAULT_BRANCH = "main"
_DELETED = "0" * 40
_IDENTITY = {"GIT_AUTHOR_NAME": "GitHub", "GIT_AUTHOR_EMAIL": "noreply@github.local"}
# Whatever the user's or the machine's git configuration says, the repository behaves the same.
_ISOLATED = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "LC_ALL": "C"}


class GitError(Exception):
    """git refused; the message is its own."""


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One change to a tree.

    Attributes:
        path: Path of the file from the root of the repository.
        mode: git's file mode, ``100644`` for a plain file.
        blob: Object id of the content; None removes the file.
    """

    path: str
    mode: str
    blob: str | None


@dataclass(frozen=True, slots=True)
class BareRepository:
    """A bare repository in a directory.

    Attributes:
        directory: Where its objects and refs are.
    """

    directory: Path

    def resolve(self, revision: str) -> str | None:
        """Return the object id that a revision names, None if there is no such revision."""
        try:
            return self._git("rev-parse", "--verify", "--quiet", "--end-of-options", revision).decode().strip()
        except GitError:
            return None

    def files(self, revision: str) -> dict[str, bytes]:
        """Return every file of a revision, by path."""
        paths = self._git("ls-tree", "-r", "-z", "--name-only", revision).decode().split("\0")
        return {path: self._git("cat-file", "blob", f"{revision}:{path}") for path in paths if path}

    def changed_files(self, base: str, head: str) -> dict[str, bytes]:
        """Return the files of ``head`` that ``base`` has not, or has with another content."""
        before = self.files(base)
        return {path: content for path, content in self.files(head).items() if before.get(path) != content}

    def message(self, revision: str) -> str:
        """Return the message of a commit."""
        return self._git("log", "-1", "--format=%B", revision).decode().rstrip("\n")

    def branches(self) -> list[str]:
        """Return the names of all branches, sorted."""
        return self._git("for-each-ref", "--format=%(refname:short)", "refs/heads").decode().split()

    def write_blob(self, content: bytes) -> str:
        """Store a content and return its object id."""
        return self._git("hash-object", "-w", "--stdin", stdin=content).decode().strip()

    def write_tree(self, base: str | None, entries: Sequence[TreeEntry]) -> str:
        """Store the tree that results from ``base`` and the entries, and return its object id."""
        with tempfile.TemporaryDirectory() as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            if base is not None:
                self._git("read-tree", base, environment=index)
            lines = [
                f"{'0' if entry.blob is None else entry.mode} {entry.blob or _DELETED}\t{entry.path}\0"
                for entry in entries
            ]
            self._git("update-index", "-z", "--index-info", stdin="".join(lines).encode(), environment=index)
            return self._git("write-tree", environment=index).decode().strip()

    def write_commit(
        self, tree: str, parents: Sequence[str], message: str, author: Mapping[str, str] | None = None
    ) -> str:
        """Store a commit and return its object id; the author has ``name`` and ``email``."""
        author = author or {}
        environment = {
            "GIT_AUTHOR_NAME": author.get("name", _IDENTITY["GIT_AUTHOR_NAME"]),
            "GIT_AUTHOR_EMAIL": author.get("email", _IDENTITY["GIT_AUTHOR_EMAIL"]),
            "GIT_COMMITTER_NAME": _IDENTITY["GIT_AUTHOR_NAME"],
            "GIT_COMMITTER_EMAIL": _IDENTITY["GIT_AUTHOR_EMAIL"],
        }
        arguments = [argument for parent in parents for argument in ("-p", parent)]
        commit = self._git("commit-tree", tree, *arguments, stdin=message.encode(), environment=environment)
        return commit.decode().strip()

    def set_reference(self, reference: str, commit: str) -> None:
        """Create a reference, or move it to the commit.

        Raises:
            GitError: The name is not one that git allows, or the commit does not exist.
        """
        self._git("check-ref-format", reference)
        self._git("update-ref", reference, commit)

    def _git(self, *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None) -> bytes:
        completed = subprocess.run(
            ["git", f"--git-dir={self.directory}", *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            env={"PATH": os.environ["PATH"]} | _ISOLATED | dict(environment or {}),
        )
        if completed.returncode:
            raise GitError(f"git {arguments[0]}: {completed.stderr.decode(errors='replace').strip()}")
        return completed.stdout


def create_repository(directory: Path, files: Mapping[str, bytes]) -> BareRepository:
    """Create a bare repository whose default branch has one commit with the files."""
    directory.mkdir(parents=True)
    repository = BareRepository(directory)
    repository._git("init", "--quiet", "--bare", f"--initial-branch={DEFAULT_BRANCH}")
    entries = [TreeEntry(path, "100644", repository.write_blob(content)) for path, content in files.items()]
    commit = repository.write_commit(repository.write_tree(None, entries), [], "Initial commit")
    repository.set_reference(f"refs/heads/{DEFAULT_BRANCH}", commit)
    return repository
