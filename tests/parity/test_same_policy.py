"""One policy file, one verdict: what the platform excepts or loosens is so at every gate."""

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from actions_service.action import Resources
from actions_service.policy import PolicyFile
from actions_service.settings import Settings
from admission_webhook.audit.auditor import Auditor, AuditPace
from admission_webhook.audit.metrics import create_audit_metrics
from admission_webhook.certificates.issue import CertificateFiles
from admission_webhook.cluster_view.resources import WATCHED_RESOURCES
from admission_webhook.cluster_view.view import ClusterView
from admission_webhook.facts import KnownFacts
from admission_webhook.judgement import Knowledge
from admission_webhook.live_policy import LivePolicy
from admission_webhook.structured_log import StructuredLog
from neuroscale.architecture.catalogue import load_catalogue
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

HEAD = "apiVersion: neuroscale.dev/v1alpha1\nkind: RulePolicy\n"
ALL = {"cli", "action", "webhook", "audit", "background audit"}
RULES = ("NS101", "NS102", "NS103", "NS106")
ENDPOINT = """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: three-ranks
  namespace: search
  labels:
    {owner: search, cost-center: cc-1, model-architecture: moe, active-param-ratio: "0.11", total-params: 30.5B}
spec:
  predictor:
    containers:
      - name: kserve-container
        image: vllm/vllm-openai:v0.33.0
        args: ["--model=Qwen/Qwen3-30B-A3B", "--tensor-parallel-size=3"]
        ports: [{containerPort: 8000}]
        resources: {limits: {nvidia.com/gpu: "3"}}
"""


def excepted(expires: str, namespace: str = "search") -> str:
    """Return a policy that excepts the endpoint from the rules that deny it."""
    entry = f"namespace: {namespace}, name: three-*, reason: r, owner: o, expires: {expires}"
    return HEAD + "exceptions:\n" + "".join(f"- {{rule: {rule}, {entry}}}\n" for rule in RULES)


def loosened(level: str) -> str:
    """Return a policy that sets the rules that deny the endpoint to a level."""
    return HEAD + "severities:\n" + "".join(f"  {rule}: {level}\n" for rule in RULES)


async def verdicts(policy: Path, certificates: CertificateFiles, manifest: Path) -> dict[str, bool]:
    """Return whether each surface lets the endpoint pass."""
    command: Any = CliRunner().invoke(check, [str(manifest), "--policy", str(policy)], standalone_mode=False)
    assert command.exception is None
    files = [{"path": "endpoint.yaml", "content": ENDPOINT}]
    resources = Resources(load_catalogue(), policy=PolicyFile(policy).current)
    async with serving(Settings(resources=resources)) as client:
        answer = await json_of(await client.post("/v1/actions/check-manifests", json={"files": files}))
    async with served_webhook(certificates, judge, policy_file=policy) as webhook:
        review = await webhook.review(review_of(yaml.safe_load(ENDPOINT)))
    return {
        "cli": command.return_value == 0,
        "action": answer["ok"],
        "webhook": review["allowed"],
        "audit": await asyncio.to_thread(audit_passes, policy),
        "background audit": await background_audit_passes(policy),
    }


def audit_passes(policy: Path) -> bool:
    """Return whether `neuroscale audit` lets the endpoint pass that a cluster holds."""
    cluster = ScriptedCluster(pages={INFERENCE_SERVICES.path("v1beta1"): [[yaml.safe_load(ENDPOINT)]]})
    with scripted_cluster(cluster, policy.parent) as kubeconfig:
        options = ["--kubeconfig", str(kubeconfig), "--policy", str(policy)]
        command: Any = CliRunner().invoke(audit, options, standalone_mode=False)
    assert command.exception is None
    assert command.return_value in {0, 1}
    passes: bool = command.return_value == 0
    return passes


async def background_audit_passes(policy: Path) -> bool:
    """Return whether the background audit lets the endpoint pass that a cluster holds."""
    metrics, log = create_audit_metrics(), StructuredLog(io.StringIO())
    view = ClusterView(metrics, WATCHED_RESOURCES)
    view.put(INFERENCE_SERVICES, manifest_from_mapping(yaml.safe_load(ENDPOINT)))
    decided = LivePolicy(policy, metrics, log)
    known = Knowledge(KnownFacts(load_catalogue(), view).about, policy=decided.current)
    auditor = Auditor(view, judge=judge, known=known, metrics=metrics, log=log, pace=AuditPace())
    [reported] = (await auditor.audit())["search"]
    return not any(finding.severity is Severity.DENY for finding in reported.findings)


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        (HEAD, {}),
        (excepted("2999-12-31"), ALL),
        (excepted("2020-01-01"), {}),
        (excepted("2999-12-31", "shop"), {}),
        (loosened("warn"), ALL),
        (loosened("off"), ALL),
        (loosened("{audit: off}"), {"audit", "background audit"}),
        (loosened("{webhook: off}"), {"webhook"}),
    ],
    ids=["nothing decided", "excepted", "expired", "another namespace", "warn", "off", "audit", "webhook"],
)
async def test_every_gate_decides_alike(
    certificates: CertificateFiles, tmp_path: Path, text: str, passes: set[str]
) -> None:
    policy, manifest = tmp_path / "rule-policy.yaml", tmp_path / "endpoint.yaml"
    for file, content in ((policy, text), (manifest, ENDPOINT)):
        file.write_text(content, encoding="utf-8")
    found = await verdicts(policy, certificates, manifest)
    assert {surface for surface, is_passed in found.items() if is_passed} == set(passes)
