"""`python -m tests.rigs.control_plane.build`: make what the control-plane tests need, if it is not there yet.

With `KUBEBUILDER_ASSETS` or `NEUROSCALE_TEST_KUBECONFIG` the API server and etcd are given, and not built.
"""

import os
import sys

from tests.rigs.control_plane.toolchain import (
    CRDS,
    ETCD,
    KUBERNETES,
    KYVERNO,
    OPEN_REPORTS,
    PROMETHEUS_OPERATOR,
    RigUnavailableError,
    build,
)


def main() -> int:
    """Build and say where the results are; return the exit code."""
    binaries_are_given = any(os.environ.get(name) for name in ("KUBEBUILDER_ASSETS", "NEUROSCALE_TEST_KUBECONFIG"))
    # The quickest first: a checkout that cannot reach the modules learns it in a second.
    components = [CRDS, OPEN_REPORTS, PROMETHEUS_OPERATOR, ETCD, KYVERNO, KUBERNETES]
    if binaries_are_given:
        components = [each for each in components if each not in {ETCD, KUBERNETES}]
    try:
        results = build(components)
    except RigUnavailableError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for result in results:
        sys.stdout.write(f"{result}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
