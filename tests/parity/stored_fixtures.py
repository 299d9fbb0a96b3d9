"""Every fixture of every rule, stored by a real API server without a webhook, each in a namespace of its own."""

import json
import secrets
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from kubernetes.client import ApiClient
from kubernetes.config import new_client_from_config

from neuroscale.cluster.resources import CONFIGURATION_MAPS, JUDGED_RESOURCES, ClusterResource
from tests.rigs.control_plane.server import ControlPlane

_RESOURCES = {(each.group, each.kind): each for each in (*JUDGED_RESOURCES, CONFIGURATION_MAPS)}
_NAMESPACES = ClusterResource("namespaces", "Namespace", "", ("v1",), is_namespaced=False)
_WORKERS = 8


@dataclass(frozen=True, slots=True)
class StoredFixture:
    """A fixture in the cluster.

    Attributes:
        namespace: Holds its objects and no other.
        refusals: What the API server said to those objects that it refused.
    """

    namespace: str
    refusals: tuple[str, ...]


@contextmanager
def stored(control_plane: ControlPlane, fixtures: list[Path]) -> Iterator[Mapping[Path, StoredFixture]]:
    """Store the fixtures; in a cluster that outlives the tests, remove their namespaces at the end."""
    client = new_client_from_config(str(control_plane.kubeconfig))  # type: ignore[no-untyped-call]
    run = secrets.token_hex(3)
    namespaces = [f"parity-{run}-{index}" for index in range(len(fixtures))]
    try:
        with ThreadPoolExecutor(_WORKERS) as workers:
            found = workers.map(lambda each, namespace: _store(client, each, namespace), fixtures, namespaces)
            yield dict(zip(fixtures, found, strict=True))
            if not control_plane.is_local:
                paths = [f"{_NAMESPACES.path('v1')}/{namespace}" for namespace in namespaces]
                list(workers.map(lambda path: _call(client, "DELETE", path), paths))
    finally:
        client.close()


def _store(client: ApiClient, fixture: Path, namespace: str) -> StoredFixture:
    _call(client, "POST", _NAMESPACES.path("v1"), {"metadata": {"name": namespace}})
    refusals = []
    for document in yaml.safe_load_all(fixture.read_text(encoding="utf-8")):
        if not document:
            continue
        group, _, version = document["apiVersion"].rpartition("/")
        resource = _RESOURCES[group, document["kind"]]
        assert resource.is_namespaced, f"{fixture}: an object of no namespace would bear on every other fixture"
        status, answer = _call(client, "POST", resource.path(version, namespace), document)
        if status != 201:
            refusals.append(f"{document['kind']}: {status} {answer.get('message')}")
    return StoredFixture(namespace, tuple(refusals))


def _call(client: ApiClient, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    verb, url, headers, sent, _ = client.param_serialize(
        method, path, header_params=headers, body=body, auth_settings=["BearerToken"]
    )
    response = client.call_api(verb, url, header_params=headers, body=sent)
    return response.status, json.loads(response.read())  # type: ignore[no-untyped-call]
