"""One policy file, one verdict: what the platform excepts or loosens is so at every gate."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from actions_service.action import Resources
from actions_service.policy import PolicyFile
from actions_service.settings import Settings
from admission_webhook.certificates.issue import CertificateFiles
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.cli.check import check
from neuroscale.rules.judge import judge
from tests.actions_service.serving import json_of, serving
from tests.admission_webhook.serving import review_of, served_webhook

HEAD = "apiVersion: neuroscale.dev/v1alpha1\nkind: RulePolicy\n"
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
        resources: {limits: {nvidia.com/gpu: "3"}}
"""


def excepted(expires: str, namespace: str = "search") -> str:
    """Return a policy that excepts the endpoint from the rules that deny it."""
    entry = f"namespace: {namespace}, name: three-*, reason: r, owner: o, expires: {expires}"
    return HEAD + "exceptions:\n" + "".join(f"- {{rule: {rule}, {entry}}}\n" for rule in RULES)


def loosened(level: str) -> str:
    """Return a policy that sets the rules that deny the endpoint to a level."""
    return HEAD + "severities:\n" + "".join(f"  {rule}: {level}\n" for rule in RULES)


async def verdicts(policy: Path, certificates: CertificateFiles, manifest: Path) -> list[bool]:
    """Return whether the command line, the action and the webhook let the endpoint pass."""
    command: Any = CliRunner().invoke(check, [str(manifest), "--policy", str(policy)], standalone_mode=False)
    assert command.exception is None
    files = [{"path": "endpoint.yaml", "content": ENDPOINT}]
    resources = Resources(load_catalogue(), policy=PolicyFile(policy).current)
    async with serving(Settings(resources=resources)) as client:
        answer = await json_of(await client.post("/v1/actions/check-manifests", json={"files": files}))
    async with served_webhook(certificates, judge, policy_file=policy) as webhook:
        review = await webhook.review(review_of(yaml.safe_load(ENDPOINT)))
    return [command.return_value == 0, answer["ok"], review["allowed"]]


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        (HEAD, False),
        (excepted("2999-12-31"), True),
        (excepted("2020-01-01"), False),
        (excepted("2999-12-31", "shop"), False),
        (loosened("warn"), True),
        (loosened("off"), True),
        (loosened("{audit: off}"), False),
    ],
    ids=["nothing decided", "excepted", "expired", "another namespace", "warn", "off", "another surface"],
)
async def test_every_gate_decides_alike(
    certificates: CertificateFiles, tmp_path: Path, text: str, passes: bool
) -> None:
    policy, manifest = tmp_path / "rule-policy.yaml", tmp_path / "endpoint.yaml"
    for file, content in ((policy, text), (manifest, ENDPOINT)):
        file.write_text(content, encoding="utf-8")
    assert await verdicts(policy, certificates, manifest) == [passes] * 3
