"""kubectl as a user runs it: a process with an exit code and two streams."""

import shutil
import subprocess
import sysconfig
from dataclasses import dataclass, replace
from pathlib import Path

from tests.rigs.control_plane.toolchain import RigUnavailableError

_LONGEST_MESSAGE = 4000


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command left behind.

    Attributes:
        exit_code: 0 when the command succeeded.
        stdout: Standard output.
        stderr: Standard error: kubectl's errors and the API server's warnings.
    """

    exit_code: int
    stdout: str
    stderr: str


class CommandFailedError(AssertionError):
    """A command that had to succeed did not; the message carries its line and what it said."""


@dataclass(frozen=True, slots=True)
class Kubectl:
    """Runs kubectl against one cluster as one user.

    Attributes:
        binary: The kubectl that is run.
        kubeconfig: The cluster and the user.
        cache_directory: kubectl's discovery cache; a folder of its own, because ports are used again.
        global_arguments: Put before every command, for example `--as=someone`.
    """

    binary: Path
    kubeconfig: Path
    cache_directory: Path
    global_arguments: tuple[str, ...] = ()

    def run(self, *arguments: str | Path, stdin: str | None = None, timeout_seconds: float = 120) -> CommandResult:
        """Run one command and return what it left behind, whatever its exit code."""
        completed = subprocess.run(
            [
                self.binary,
                f"--kubeconfig={self.kubeconfig}",
                f"--cache-dir={self.cache_directory}",
                *self.global_arguments,
                *arguments,
            ],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )
        return CommandResult(completed.returncode, completed.stdout, completed.stderr)

    def must(self, *arguments: str | Path, stdin: str | None = None, timeout_seconds: float = 120) -> CommandResult:
        """Run one command that has to succeed.

        Raises:
            CommandFailedError: It did not.
        """
        result = self.run(*arguments, stdin=stdin, timeout_seconds=timeout_seconds)
        if result.exit_code != 0:
            line = " ".join(str(argument) for argument in arguments)
            said = (result.stdout + result.stderr)[:_LONGEST_MESSAGE]
            raise CommandFailedError(f"kubectl {line[:_LONGEST_MESSAGE]}: exit code {result.exit_code}\n{said}")
        return result

    def impersonating(self, user: str, *groups: str) -> "Kubectl":
        """Return a kubectl that acts as another user (or `system:serviceaccount:NAMESPACE:NAME`)."""
        flags = (f"--as={user}", *(f"--as-group={group}" for group in groups))
        return replace(self, global_arguments=(*self.global_arguments, *flags))


def find_kubectl() -> Path:
    """Return the kubectl of this Python environment, else the one on the PATH.

    Raises:
        RigUnavailableError: There is none.
    """
    packaged = Path(sysconfig.get_path("scripts")) / "kubectl"
    if packaged.is_file():
        return packaged
    on_path = shutil.which("kubectl")
    if on_path is None:
        raise RigUnavailableError("kubectl is not installed: install requirements/dev.lock")
    return Path(on_path)
