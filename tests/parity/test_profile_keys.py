"""Whose word is taken for a model is the same at every gate: with the platform's key, and without one."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from actions_service.action import Resources
from actions_service.settings import Settings
from admission_webhook.audit.auditor import Auditor, AuditPace
from admission_webhook.audit.metrics import create_audit_metrics
from admission_webhook.certificates.issue import CertificateFiles
from admission_webhook.cluster_view.resources import WATCHED_RESOURCES
from admission_webhook.cluster_view.view import ClusterView
from admission_webhook.facts import KnownFacts
from admission_webhook.judgement import Knowledge
from admission_webhook.structured_log import StructuredLog
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.profile import (
    PROFILE_ANNOTATION,
    SIGNATURE_ANNOTATION,
    make_profile,
    sign_profile,
    write_profile,
)
from neuroscale.architecture.profile_trust import read_public_keys
from neuroscale.cli.audit import audit
from neuroscale.cli.check import check
from neuroscale.cluster.resources import INFERENCE_SERVICES
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.rules.finding import Severity
from neuroscale.rules.judge import judge
from tests.actions_service.serving import json_of, serving
from tests.admission_webhook.serving import review_of, served_webhook
from tests.cli.scripted_cluster import ScriptedCluster
from tests.cli.scripted_cluster import serving as scripted_cluster
from tests.rules.objects import LABELS, endpoint

SIGNER, STRANGER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
KNOWN, PRIVATE = "Qwen/Qwen3-32B", "acme/private-chat"
_RULES = {"NS001", "NS101", "NS502"}
GATES = {"cli", "action", "webhook", "audit", "background audit"}


def claimed(model: str, signer: Ed25519PrivateKey | None, **changes: object) -> dict[str, Any]:
    """Return an endpoint on five ranks whose profile is Qwen3-32B's configuration with some changes."""
    entry = load_catalogue().entry(KNOWN)
    assert entry is not None
    text = write_profile(make_profile(model, None, {**entry.config, **changes}))
    annotations = {PROFILE_ANNOTATION: text}
    if signer is not None:
        annotations[SIGNATURE_ANNOTATION] = sign_profile(text, signer)
    served = endpoint([f"--model={model}", "--tensor-parallel-size=5"], accelerators=5, annotations=annotations)
    body = dict(served.body)
    body["metadata"] = {**body["metadata"], "namespace": "search", "labels": LABELS}
    return body


async def told_at_every_gate(
    body: dict[str, Any], keys: list[Path], certificates: CertificateFiles, folder: Path
) -> dict[str, set[str]]:
    """Return, for each gate, which of the rules about the profile and the heads spoke."""
    options = [option for key in keys for option in ("--profile-public-key", str(key))]
    trusted = read_public_keys(keys)
    manifest = folder / "endpoint.yaml"
    manifest.write_text(yaml.safe_dump(body), encoding="utf-8")
    checked = CliRunner().invoke(check, [str(manifest), "--output", "json", *options], standalone_mode=False)
    resources = Resources(load_catalogue(), profile_public_keys=trusted)
    async with serving(Settings(resources=resources)) as client:
        files = [{"path": "endpoint.yaml", "content": manifest.read_text(encoding="utf-8")}]
        answer = await json_of(await client.post("/v1/actions/check-manifests", json={"files": files}))
    async with served_webhook(certificates, judge, profile_keys=trusted) as webhook:
        review = await webhook.review(review_of(body))
    told = {
        "cli": json.loads(checked.stdout)["findings"],
        "action": answer["findings"],
        "audit": await asyncio.to_thread(audited, body, options, folder),
    }
    found = {gate: heard(findings) for gate, findings in told.items()}
    causes = review.get("status", {}).get("details", {}).get("causes", [])
    found["webhook"] = {text.partition(":")[0] for text in review.get("warnings", [])}
    found["webhook"] |= {rule for cause in causes for rule in _RULES if cause["message"].startswith(rule)}
    found["background audit"] = await audited_in_the_background(body, Knowledge(_nothing(), trusted))
    return {gate: rules & _RULES for gate, rules in found.items()}


def heard(findings: list[dict[str, Any]]) -> set[str]:
    """Return the rules of findings that the API server passes on: a review has no place for notes."""
    return {finding["rule"] for finding in findings if finding["severity"] != "info"}


def audited(body: dict[str, Any], options: list[str], folder: Path) -> list[dict[str, Any]]:
    """Return the findings of `neuroscale audit` about an object that a cluster holds."""
    cluster = ScriptedCluster(pages={INFERENCE_SERVICES.path("v1beta1"): [[body]]})
    with scripted_cluster(cluster, folder) as kubeconfig:
        arguments = ["--kubeconfig", str(kubeconfig), "--output", "json", *options]
        result = CliRunner().invoke(audit, arguments, standalone_mode=False)
    findings: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
    return findings


def _nothing() -> Any:
    return KnownFacts(load_catalogue(), None).about


async def audited_in_the_background(body: dict[str, Any], known: Knowledge) -> set[str]:
    """Return the rules that the background audit reports of an object that a cluster holds."""
    metrics, log = create_audit_metrics(), StructuredLog(io.StringIO())
    view = ClusterView(metrics, WATCHED_RESOURCES)
    view.put(INFERENCE_SERVICES, manifest_from_mapping(body))
    auditor = Auditor(view, judge=judge, known=known, metrics=metrics, log=log, pace=AuditPace())
    [reported] = (await auditor.audit())["search"]
    return {finding.rule for finding in reported.findings if finding.severity is not Severity.INFO}


@pytest.mark.parametrize(
    ("model", "signer", "changes", "with_key", "told"),
    [
        (PRIVATE, SIGNER, {}, True, {"NS101"}),
        (PRIVATE, STRANGER, {}, True, {"NS502", "NS001"}),
        (PRIVATE, None, {}, True, {"NS502", "NS001"}),
        (PRIVATE, None, {}, False, {"NS101"}),
        (KNOWN, SIGNER, {"num_attention_heads": 65, "num_key_value_heads": 5}, True, set()),
        (KNOWN, SIGNER, {"num_attention_heads": 65, "num_key_value_heads": 5}, False, {"NS502", "NS101"}),
        (KNOWN, None, {}, False, {"NS101"}),
    ],
    ids=[
        "signed",
        "signed by a stranger",
        "unsigned",
        "unsigned, without a key",
        "signed and contradicting",
        "contradicting, without a key",
        "agreeing, without a key",
    ],
)
async def test_every_gate_takes_the_same_word_for_a_model(
    certificates: CertificateFiles,
    tmp_path: Path,
    model: str,
    signer: Ed25519PrivateKey | None,
    changes: dict[str, object],
    with_key: bool,
    told: set[str],
) -> None:
    key = tmp_path / "profile.pub"
    key.write_bytes(SIGNER.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    found = await told_at_every_gate(
        claimed(model, signer, **changes), [key] if with_key else [], certificates, tmp_path
    )
    assert found == dict.fromkeys(GATES, told)


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PUBLIC KEY-----\n"])
def test_a_file_that_holds_no_key_stops_the_command(tmp_path: Path, content: bytes) -> None:
    key, manifest = tmp_path / "profile.pub", tmp_path / "endpoint.yaml"
    key.write_bytes(content)
    manifest.write_text(yaml.safe_dump(claimed(KNOWN, None)), encoding="utf-8")
    arguments = [str(manifest), "--profile-public-key", str(key)]
    stopped = CliRunner().invoke(check, arguments, standalone_mode=False)
    assert "is not a PEM public key" in str(stopped.exception)
