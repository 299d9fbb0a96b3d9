"""A real API server asks the webhook, registered in its production form, and kubectl shows what comes of it."""

import json
import re
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from admission_webhook.certificates.issue import CertificateFiles
from tests.admission_webhook.serving import FIXTURES, SERVICE_NAME
from tests.rigs.control_plane.kubectl import CommandResult, Kubectl
from tests.rigs.control_plane.processes import free_ports, running, wait_until
from tests.rigs.control_plane.server import ControlPlane
from tests.rigs.control_plane.webhook_registration import registered_webhook

pytestmark = pytest.mark.control_plane

CLUSTER = FIXTURES / "cluster"


@dataclass(frozen=True, slots=True)
class Guarded:
    """A namespace whose writes the webhook judges."""

    kubectl: Kubectl
    namespace: str
    health_port: int
    log_file: Path

    def run(self, verb: str, fixture: str, *options: str) -> CommandResult:
        return self.kubectl.run(verb, f"--namespace={self.namespace}", f"--filename={CLUSTER / fixture}", *options)

    def until(self, verb: str, fixture: str, *, exit_code: int) -> str:
        """Repeat a dry run until it ends so: the webhook sees a change a moment later; return what it said."""
        said: list[str] = []

        def ended_so() -> bool:
            result = self.run(verb, fixture, "--dry-run=server")
            said.append(result.stderr)
            return result.exit_code == exit_code

        wait_until(ended_so, what=f"{verb} {fixture} ends with {exit_code}", server=None, timeout_seconds=20)
        return said[-1]

    def must(self, *arguments: str) -> CommandResult:
        return self.kubectl.must(*arguments, f"--namespace={self.namespace}")

    def reviews_of(self, name: str) -> list[dict[str, object]]:
        lines = map(json.loads, self.log_file.read_text(encoding="utf-8").splitlines())
        return [line for line in lines if line["event"] == "review" and line["name"] == name]

    def readiness(self) -> tuple[int, str]:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.health_port}/readyz", timeout=10) as response:
            return response.status, response.read().decode()


@pytest.fixture(scope="module")
def guarded(
    local_control_plane: ControlPlane, certificates: CertificateFiles, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guarded]:
    """One namespace with an object from before the webhook, then the webhook, listening and registered."""
    kubectl, namespace = local_control_plane.kubectl, "guarded-by-webhook"
    log_file = tmp_path_factory.mktemp("webhook") / "webhook.log"
    port, health_port = free_ports(2)
    command: list[str | Path] = [
        sys.executable, "-m", "admission_webhook", "--port", str(port), "--health-port", str(health_port),
        "--certificate", certificates.certificate, "--key", certificates.key, "--dns-name", SERVICE_NAME,
        "--kubeconfig", local_control_plane.kubeconfig, "--drain-seconds", "0",
    ]  # fmt: skip
    with ExitStack() as stack:
        kubectl.must("create", "namespace", namespace)
        stack.callback(kubectl.run, "delete", "namespace", namespace, "--wait=false")
        standing = yaml.safe_load((CLUSTER / "bad.yaml").read_text(encoding="utf-8"))
        standing["metadata"]["name"] = "from-before"
        kubectl.must("create", f"--namespace={namespace}", "--filename=-", stdin=yaml.safe_dump(standing))
        server = stack.enter_context(running("webhook", command, log_file=log_file))
        cluster = Guarded(kubectl, namespace, health_port, log_file)
        wait_until(lambda: _is_ready(cluster), what="the webhook is ready", server=server)
        stack.enter_context(
            registered_webhook(local_control_plane, port=port, ca_bundle=certificates.authority.read_bytes())
        )
        yield cluster


def _is_ready(cluster: Guarded) -> bool:
    try:
        return cluster.readiness()[0] == 200
    except OSError:
        return False


def test_the_webhook_is_ready_once_it_has_seen_the_cluster(guarded: Guarded) -> None:
    assert guarded.readiness() == (200, "ok\n")


def test_a_good_endpoint_is_admitted_without_a_word(guarded: Guarded) -> None:
    result = guarded.run("apply", "good.yaml", "--dry-run=server")
    assert (result.exit_code, result.stderr) == (0, "")
    assert guarded.reviews_of("mixtral")[-1]["judged"] is True


@pytest.mark.parametrize(
    "options", [["create"], ["apply"], ["apply", "--server-side"], ["create", "--dry-run=server"]]
)
def test_a_bad_endpoint_is_refused_with_a_bullet_per_violation(guarded: Guarded, options: list[str]) -> None:
    result = guarded.run(options[0], "bad.yaml", *options[1:])
    assert result.exit_code == 1
    warning, *refusal = result.stderr.strip().splitlines()
    assert warning.startswith("Warning: NS106: the pod asks for 4 of nvidia.com/gpu but the engine runs 3 ranks")
    assert refusal[0] == 'The InferenceService "mixtral-broken" is invalid: '
    assert [re.match(r"\* (\S+): (NS\d+): ", line).groups() for line in refusal[1:]] == [  # type: ignore[union-attr]
        ("spec.predictor.containers[0].args[0]", "NS101"),
        ("spec.predictor.containers[0].args[0]", "NS102"),
        ("spec.predictor.containers[0].args[0]", "NS103"),
        ("metadata.labels.costCenter", "NS501"),
    ]
    assert guarded.run("get", "bad.yaml").exit_code == 1


def test_a_refusal_holds_the_whole_text_for_clients_that_show_only_the_message(guarded: Guarded) -> None:
    result = guarded.run("create", "bad.yaml", "-v=9")
    assert '"reason":"Invalid"' in result.stderr
    assert '"code":422' in result.stderr
    assert (
        'validate.neuroscale.dev\\" denied the request: NS101: spec.predictor.containers[0].args[0]'
        in result.stderr
    )


def test_an_object_from_before_the_webhook_can_still_be_changed(guarded: Guarded) -> None:
    result = guarded.must("label", "inferenceservice", "from-before", "team=a")
    assert "Warning: NS101: tensor parallel size 3 does not divide the 32 attention heads" in result.stderr


def test_an_object_from_before_the_webhook_cannot_be_made_worse(guarded: Guarded) -> None:
    patch = [{"op": "replace", "path": "/spec/predictor/containers/0/args/0", "value": "--tensor-parallel-size=5"}]
    result = guarded.kubectl.run(
        "patch", "inferenceservice", "from-before", f"--namespace={guarded.namespace}", "--type=json",
        f"--patch={json.dumps(patch)}",
    )  # fmt: skip
    assert result.exit_code == 1
    assert "NS101: tensor parallel size 5 does not divide the 32 attention heads" in result.stderr


def test_an_endpoint_is_judged_with_the_runtime_that_the_cluster_holds(guarded: Guarded) -> None:
    before = guarded.run("apply", "uses-runtime.yaml", "--dry-run=server")
    assert before.exit_code == 0
    assert "Warning: NS001: the serving runtime vllm is not known here" in before.stderr

    assert guarded.run("apply", "runtime.yaml").exit_code == 0
    refused = guarded.until("apply", "uses-runtime.yaml", exit_code=1)
    assert "* spec.predictor.model: NS101: tensor parallel size 3 does not divide the 32 attention heads" in refused

    guarded.must("delete", "servingruntime", "vllm")
    assert "Warning: NS001" in guarded.until("apply", "uses-runtime.yaml", exit_code=0)


def test_an_autoscaler_is_judged_by_the_endpoint_that_it_scales(guarded: Guarded) -> None:
    assert guarded.run("apply", "autoscaler.yaml", "--dry-run=server").exit_code == 0

    assert guarded.run("apply", "good.yaml").exit_code == 0
    refused = guarded.until("apply", "autoscaler.yaml", exit_code=1)
    # kubectl writes a single cause on the line itself.
    assert refused.startswith('The HorizontalPodAutoscaler "mixtral" is invalid: spec.metrics[0]: NS402: ')

    guarded.must("delete", "inferenceservice", "mixtral")
    guarded.until("apply", "autoscaler.yaml", exit_code=0)
