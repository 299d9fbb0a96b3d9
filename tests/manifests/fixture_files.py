"""The manifests of tests/manifests/fixtures as objects."""

from pathlib import Path

from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.serving import read_workloads
from neuroscale.manifests.workload import ServingWorkload

FIXTURES = Path(__file__).parent / "fixtures"


def load(name: str) -> tuple[ManifestObject, ...]:
    """Return the objects of a fixture file."""
    return load_manifests((FIXTURES / name).read_text("utf-8"), name)


def load_one(name: str) -> ManifestObject:
    """Return the only object of a fixture file."""
    (manifest,) = load(name)
    return manifest


def workloads_of(name: str, kserve_version: str | None = None) -> tuple[ServingWorkload, ...]:
    """Return the workloads of the only object of a fixture file, beside the runtimes of runtimes.yaml."""
    return read_workloads(load_one(name), load("runtimes.yaml"), kserve_version)
