"""Serve one empty repository by hand: ``python -m tests.rigs.github [PORT]``."""

import sys
import tempfile
import threading
from pathlib import Path

from tests.rigs.github.api import GitHub
from tests.rigs.github.fixtures import TOKEN
from tests.rigs.github.server import serving


def main() -> None:
    """Serve ``acme/models`` until interrupted."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with tempfile.TemporaryDirectory() as directory:
        github = GitHub(Path(directory), TOKEN)
        repository = github.create("acme/models")
        with serving(github, port) as server:
            print(f"API at {server.url}/api/v3, token {TOKEN}, repository in {repository.directory}", flush=True)
            try:
                threading.Event().wait()
            except KeyboardInterrupt:
                return


if __name__ == "__main__":
    main()
