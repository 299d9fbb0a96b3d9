from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rigs.control_plane.kubectl import Kubectl
from tests.rigs.control_plane.toolchain import source_directory

pytestmark = pytest.mark.control_plane

OBJECTS = Path(__file__).parent / "objects"


@pytest.fixture(scope="module")
def in_namespace(kubectl: Kubectl) -> Iterator[str]:
    kubectl.must("create", "namespace", "custom-resources")
    yield "--namespace=custom-resources"
    kubectl.must("delete", "namespace", "custom-resources", "--wait=false")


def test_a_valid_inference_service_is_stored(kubectl: Kubectl, in_namespace: str) -> None:
    kubectl.must("create", in_namespace, "--filename", OBJECTS / "inference-service.yaml")
    argument = "jsonpath={.spec.predictor.model.args[0]}"
    stored = kubectl.must("get", in_namespace, "inferenceservice/chat", "--output", argument)
    assert stored.stdout == "--tensor-parallel-size=2"


@pytest.mark.parametrize(
    ("file_name", "message"),
    [
        (
            "inference-service-with-unknown-scale-metric.yaml",
            'spec.predictor.scaleMetric: Unsupported value: "gpu": supported values: "cpu", "memory"',
        ),
        (
            "inference-service-with-unknown-field.yaml",
            'strict decoding error: unknown field "spec.predictor.minimumReplicas"',
        ),
        ("llm-inference-service-with-replicas-and-scaling.yaml", "replicas and scaling are mutually exclusive"),
        ("scaled-object-without-triggers.yaml", "spec.triggers: Required value"),
    ],
)
def test_an_object_that_breaks_its_schema_is_refused(
    kubectl: Kubectl, in_namespace: str, file_name: str, message: str
) -> None:
    answer = kubectl.run("create", in_namespace, "--dry-run=server", "--filename", OBJECTS / file_name)
    assert answer.exit_code == 1
    assert message in answer.stderr


def test_kserves_own_runtimes_are_accepted(kubectl: Kubectl) -> None:
    runtimes = sorted((source_directory("kserve") / "config" / "runtimes").glob("kserve-*.yaml"))
    assert runtimes
    files = [f"--filename={file}" for file in runtimes]
    answer = kubectl.must("create", "--dry-run=server", "--output=name", *files)
    assert len(answer.stdout.splitlines()) >= len(runtimes)


def test_kserves_expert_parallel_samples_are_accepted(kubectl: Kubectl, in_namespace: str) -> None:
    folder = source_directory("kserve") / "docs" / "samples" / "llmisvc" / "dp-ep"
    samples = [file for file in sorted(folder.rglob("*.yaml")) if "kind: LLMInferenceService\n" in file.read_text()]
    assert samples
    for sample in samples:
        assert kubectl.run("create", in_namespace, "--dry-run=server", "--filename", sample).stderr == ""
