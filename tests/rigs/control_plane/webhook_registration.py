"""Registers the shipped webhook configuration so that the API server calls a webhook on this machine.

It stays in its production form: the API server looks the Service up, dials what it names, and expects a certificate
for `neuroscale-webhook.neuroscale.svc`. Only three things differ from a cluster: the Service is an ExternalName for
`localhost`, its port is the webhook's, and the caBundle is the caller's.
"""

import base64
import contextlib
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.rigs.control_plane.kubectl import Kubectl
from tests.rigs.control_plane.processes import wait_until
from tests.rigs.control_plane.server import ControlPlane
from tests.rigs.control_plane.toolchain import REPOSITORY_DIRECTORY, RigUnavailableError

NAMESPACE = "neuroscale"
SERVICE = "neuroscale-webhook"
SERVER_NAME = f"{SERVICE}.{NAMESPACE}.svc"
CONFIGURATION = "neuroscale"
BASE = REPOSITORY_DIRECTORY / "deploy" / "base"
FAIL_CLOSED = REPOSITORY_DIRECTORY / "deploy" / "overlays" / "fail-closed"

_PROBE_LABEL = "neuroscale.dev/registration-probe"


@contextlib.contextmanager
def registered_webhook(
    control_plane: ControlPlane, *, port: int, ca_bundle: bytes, kustomization: Path = BASE
) -> Iterator[None]:
    """Have the API server call `https://localhost:PORT/validate` until the end of the block.

    When the block begins the API server acts on the configuration, and after it ends it no longer does.

    Args:
        control_plane: Where to register; its API server has to run on this machine.
        port: The webhook's TLS port; nothing needs to listen on it.
        ca_bundle: PEM of the authority that signed a certificate for `SERVER_NAME`.
        kustomization: Folder that holds the ValidatingWebhookConfiguration, rendered as an adopter renders it.

    Raises:
        RigUnavailableError: The API server runs elsewhere and cannot call this machine's loopback.
        CommandFailedError: The API server refused something.
    """
    if not control_plane.is_local:
        raise RigUnavailableError("an existing cluster's API server cannot call a webhook on this machine")
    kubectl = control_plane.kubectl
    probe = secrets.token_hex(4)
    configuration = shipped_configuration(kubectl, kustomization)
    for webhook in configuration["webhooks"]:
        webhook["clientConfig"]["caBundle"] = base64.b64encode(ca_bundle).decode()
        webhook["clientConfig"]["service"]["port"] = port
    configuration["webhooks"].append(_probe_webhook(probe))
    kubectl.must("apply", "--server-side", "--filename=-", stdin=json.dumps(_namespace()))
    kubectl.must("delete", "service", SERVICE, f"--namespace={NAMESPACE}", "--ignore-not-found")
    kubectl.must("create", "--filename=-", stdin=json.dumps(_service(port)))
    kubectl.must("create", "--filename=-", stdin=json.dumps(configuration))
    try:
        wait_until(lambda: _is_in_effect(kubectl, probe), what="the webhook is registered", server=None)
        yield
    finally:
        kubectl.must("delete", "validatingwebhookconfiguration", CONFIGURATION, "--ignore-not-found")
        kubectl.must("delete", "service", SERVICE, f"--namespace={NAMESPACE}", "--ignore-not-found")
        wait_until(lambda: not _is_in_effect(kubectl, probe), what="the webhook is gone", server=None)


def shipped_configuration(kubectl: Kubectl, kustomization: Path) -> dict[str, Any]:
    """Return the ValidatingWebhookConfiguration of a kustomization.

    Raises:
        LookupError: The kustomization renders none, or more than one.
    """
    documents = yaml.safe_load_all(kubectl.must("kustomize", kustomization).stdout)
    found = [document for document in documents if document["kind"] == "ValidatingWebhookConfiguration"]
    if len(found) != 1:
        raise LookupError(f"{kustomization.name} renders {len(found)} webhook configurations")
    configuration: dict[str, Any] = found[0]
    return configuration


def _namespace() -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


def _service(port: int) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": SERVICE, "namespace": NAMESPACE},
        "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]},
    }


def _probe_webhook(probe: str) -> dict[str, Any]:
    """Return an entry that refuses one labelled ConfigMap: when it does, those beside it are in effect too."""
    return {
        "name": "registration-probe.neuroscale.dev",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"service": {"name": "nothing-has-this-name", "namespace": NAMESPACE}},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "timeoutSeconds": 1,
        "objectSelector": {"matchLabels": {_PROBE_LABEL: probe}},
        "rules": [
            {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE"]}
        ],
    }


def _is_in_effect(kubectl: Kubectl, probe: str) -> bool:
    metadata = {"name": f"probe-{probe}", "namespace": "default", "labels": {_PROBE_LABEL: probe}}
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    answer = kubectl.run("create", "--dry-run=server", "--filename=-", stdin=json.dumps(document))
    return "registration-probe.neuroscale.dev" in answer.stderr
