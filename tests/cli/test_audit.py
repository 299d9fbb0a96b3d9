"""`neuroscale audit`: what a cluster holds, read politely, and never an empty success."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from neuroscale.cli.audit import found_kubeconfig
from neuroscale.cluster.resources import JUDGED_RESOURCES
from neuroscale.errors import UnreadableInputError
from neuroscale.manifests.autoscaling import _READERS as AUTOSCALER_READERS
from neuroscale.manifests.serving import _READERS as SERVING_READERS
from neuroscale.reports.formats import FINDING_FORMATS
from tests.cli.conftest import FIXTURES, Command, CommandResult
from tests.cli.scripted_cluster import ScriptedCluster, serving, write_kubeconfig

SERVICES = "/apis/serving.kserve.io/v1beta1/inferenceservices"
RUNTIMES = "/apis/serving.kserve.io/v1alpha1/servingruntimes"
DEPLOYMENTS = "/apis/apps/v1/deployments"
NODES = "/api/v1/nodes"

Audit = Callable[..., CommandResult]


def stored(file: str, name: str = "", namespace: str = "search", **labels: str) -> dict[str, Any]:
    """Return the object of a fixture as a cluster holds it."""
    body: dict[str, Any] = yaml.safe_load((FIXTURES / file).read_text(encoding="utf-8"))
    body["metadata"] |= {"namespace": namespace, "uid": "1"}
    body["metadata"]["name"] = name or body["metadata"]["name"]
    body["metadata"].setdefault("labels", {}).update(labels)
    return body


@pytest.fixture
def cluster() -> ScriptedCluster:
    """A cluster with KServe and nothing in it."""
    return ScriptedCluster(pages={SERVICES: [[]], RUNTIMES: [[]], DEPLOYMENTS: [[]], NODES: [[]]})


@pytest.fixture
def audit(neuroscale: Command, cluster: ScriptedCluster, tmp_path: Path) -> Iterator[Audit]:
    """Call with options; the kubeconfig is given."""
    with serving(cluster, tmp_path) as kubeconfig:
        yield lambda *options: neuroscale("audit", "--kubeconfig", kubeconfig, *options)


def test_a_good_cluster_exits_zero_and_says_what_was_judged(audit: Audit, cluster: ScriptedCluster) -> None:
    cluster.pages[SERVICES] = [[stored("good.yaml")]]
    result = audit()
    assert (result.exit_code, result.stdout) == (0, "no findings\n")
    assert "judged 1 of 1 objects read\n" in result.stderr


def test_a_denied_object_exits_one_and_is_named_with_its_namespace(audit: Audit, cluster: ScriptedCluster) -> None:
    cluster.pages[SERVICES] = [[stored("denied.yaml", "broken")]]
    result = audit()
    assert result.exit_code == 1
    assert "deny NS101" in result.stdout
    assert "InferenceService search/broken: " in result.stdout


@pytest.mark.parametrize("output", sorted(FINDING_FORMATS))
def test_every_format_of_check_names_the_finding(audit: Audit, cluster: ScriptedCluster, output: str) -> None:
    cluster.pages[SERVICES] = [[stored("denied.yaml", "broken")]]
    result = audit("--output", output)
    assert result.exit_code == 1
    assert "NS101" in result.stdout
    assert "broken" in result.stdout


def test_findings_are_those_of_the_file_without_its_place(
    audit: Audit, neuroscale: Command, cluster: ScriptedCluster
) -> None:
    cluster.pages[SERVICES] = [[stored("denied.yaml")]]
    of_file = json.loads(neuroscale("check", FIXTURES / "denied.yaml", "--output", "json").stdout)
    of_cluster = json.loads(audit("--output", "json").stdout)
    for report in (of_file, of_cluster):
        for finding in report["findings"]:
            finding |= {"file": None, "line": None, "column": None}
            finding["object"]["namespace"] = ""
    assert of_cluster == of_file


def test_all_pages_are_judged(audit: Audit, cluster: ScriptedCluster) -> None:
    names = [[f"broken-{page}-{index}" for index in range(2)] for page in range(3)]
    cluster.pages[SERVICES] = [[stored("denied.yaml", name) for name in page] for page in names]
    found = json.loads(audit("--output", "json").stdout)["findings"]
    assert {finding["object"]["name"] for finding in found} == {name for page in names for name in page}
    assert all(int(query["limit"]) <= 500 for _, query in cluster.asked)


def test_a_list_whose_place_is_forgotten_begins_anew(audit: Audit, cluster: ScriptedCluster) -> None:
    cluster.pages[SERVICES] = [[stored("good.yaml")]]
    cluster.statuses[SERVICES] = [410]
    assert audit().exit_code == 0
    assert cluster.paths().count(SERVICES) == 2


def test_a_busy_api_server_is_asked_again(audit: Audit, cluster: ScriptedCluster) -> None:
    cluster.pages[SERVICES] = [[stored("good.yaml")]]
    cluster.statuses[SERVICES] = [429]
    assert audit().exit_code == 0
    assert cluster.paths().count(SERVICES) == 2


def test_nothing_to_judge_is_no_success(audit: Audit) -> None:
    result = audit("--output", "json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "error: nothing was judged" in result.stderr


def test_a_deployment_that_runs_no_engine_is_read_but_is_nothing_to_judge(
    audit: Audit, cluster: ScriptedCluster
) -> None:
    pod = {"containers": [{"name": "web", "image": "nginx:1.29"}]}
    web = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"template": {"spec": pod}}}
    cluster.pages[DEPLOYMENTS] = [[web]]
    result = audit()
    assert result.exit_code == 2
    assert "(1 objects read)" in result.stderr


def test_kinds_that_are_not_installed_are_told(audit: Audit, cluster: ScriptedCluster) -> None:
    cluster.pages[SERVICES] = [[stored("good.yaml")]]
    result = audit()
    [line] = [line for line in result.stderr.splitlines() if line.startswith("note: not installed")]
    assert "scaledobjects.keda.sh" in line
    assert " inferenceservices.serving.kserve.io" not in line


def test_a_kind_that_may_not_be_listed_is_no_success(audit: Audit, cluster: ScriptedCluster) -> None:
    cluster.pages[SERVICES] = [[stored("good.yaml")]]
    cluster.statuses[DEPLOYMENTS] = [403]
    result = audit()
    assert result.exit_code == 2
    assert "error: not judged, because listing is forbidden: deployments.apps\n" in result.stderr
    assert result.stdout == "no findings\n"


def test_surroundings_that_may_not_be_read_are_told(audit: Audit, cluster: ScriptedCluster) -> None:
    cluster.pages[SERVICES] = [[stored("good.yaml")]]
    cluster.statuses[NODES] = [403]
    result = audit()
    assert result.exit_code == 0
    assert "note: not known, because reading is forbidden: nodes\n" in result.stderr


def test_an_object_that_cannot_be_read_spoils_no_other(audit: Audit, cluster: ScriptedCluster) -> None:
    odd = stored("good.yaml", "odd")
    odd["spec"]["predictor"] = "a string"
    cluster.pages[SERVICES] = [[odd, stored("denied.yaml", "broken")]]
    result = audit()
    assert result.exit_code == 2
    assert (
        "error: InferenceService search/odd: cannot be judged: spec.predictor: must be a mapping" in result.stderr
    )
    assert "deny NS101" in result.stdout


def test_only_the_namespace_that_is_named_is_listed_and_no_runtime_of_the_cluster_is_judged(
    audit: Audit, cluster: ScriptedCluster
) -> None:
    everywhere = "/apis/serving.kserve.io/v1alpha1/clusterservingruntimes"
    runtime = {"metadata": {"name": "odd"}, "spec": {"containers": "a string"}}
    cluster.pages = {
        SERVICES.replace("inference", "namespaces/search/inference"): [[stored("good.yaml")]],
        everywhere: [[runtime]],
    }
    result = audit("--namespace", "search")
    assert (result.exit_code, result.stdout) == (0, "no findings\n")
    assert SERVICES not in cluster.paths()
    assert everywhere in cluster.paths()


def test_what_a_selector_leaves_out_is_known_but_not_judged(audit: Audit, cluster: ScriptedCluster) -> None:
    cluster.pages[SERVICES] = [[stored("denied.yaml", "mine", team="a"), stored("denied.yaml", "theirs", team="b")]]
    found = json.loads(audit("--selector", "team=a", "--output", "json").stdout)["findings"]
    assert {finding["object"]["name"] for finding in found} == {"mine"}


def test_only_the_kinds_that_are_named_are_judged(audit: Audit, cluster: ScriptedCluster) -> None:
    cluster.pages[SERVICES] = [[stored("denied.yaml")]]
    assert audit("--kind", "LLMInferenceService").exit_code == 2
    assert audit("--kind", "InferenceService").exit_code == 1


def test_the_policy_decides_for_the_surface_of_the_audit(
    audit: Audit, cluster: ScriptedCluster, tmp_path: Path
) -> None:
    cluster.pages[SERVICES] = [[stored("denied.yaml")]]
    rules = sorted({each["rule"] for each in json.loads(audit("--output", "json").stdout)["findings"]})
    policy = tmp_path / "policy.yaml"
    head = "apiVersion: neuroscale.dev/v1alpha1\nkind: RulePolicy\nseverities:\n"
    for surface, exit_code in (("audit", 0), ("cli", 1)):
        policy.write_text(head + "".join(f"  {rule}: {{{surface}: info}}\n" for rule in rules), encoding="utf-8")
        assert audit("--policy", policy).exit_code == exit_code


def test_a_configuration_map_is_read_by_name_where_a_workload_names_it(
    audit: Audit, cluster: ScriptedCluster
) -> None:
    deployment = stored("engine-with-configuration-file.yaml", namespace="search")
    path = "/api/v1/namespaces/search/configmaps/engine"
    cluster.pages[DEPLOYMENTS] = [[deployment]]
    held = {
        "metadata": {"name": "engine", "namespace": "search"},
        "data": {"engine.yaml": "tensor-parallel-size: 3\n"},
    }
    cluster.raw[path] = json.dumps(held).encode()
    known = audit()
    assert (known.exit_code, "deny NS101" in known.stdout) == (1, True)
    assert not any(each.endswith("/configmaps") for each in cluster.paths())
    cluster.statuses[path] = [403]
    unknown = audit()
    assert "deny NS101" not in unknown.stdout
    assert "note: not known, because reading is forbidden: configmaps in namespace search\n" in unknown.stderr


@pytest.mark.parametrize(
    ("status", "text"), [(401, "does not accept the credentials"), (500, "the API server failed (HTTP 500")]
)
def test_an_api_server_that_refuses_is_no_success(
    audit: Audit, cluster: ScriptedCluster, status: int, text: str
) -> None:
    cluster.statuses[SERVICES] = [status] * 4
    result = audit()
    assert (result.exit_code, result.stdout) == (2, "")
    assert text in result.stderr


def test_an_answer_that_is_no_json_is_no_success(audit: Audit, cluster: ScriptedCluster) -> None:
    cluster.raw[SERVICES] = b"<html>Sign in</html>"
    result = audit()
    assert result.exit_code == 2
    assert "what answers is no API server" in result.stderr


def test_an_api_server_that_does_not_answer_is_given_up(audit: Audit, cluster: ScriptedCluster) -> None:
    cluster.silence = threading.Event()
    result = audit("--timeout", "1")
    assert result.exit_code == 2
    assert "no answer in time (give a longer --timeout, or --namespace)" in result.stderr


def test_a_refused_connection_is_explained(neuroscale: Command, tmp_path: Path) -> None:
    with serving(ScriptedCluster(), tmp_path) as kubeconfig:
        pass
    result = neuroscale("audit", "--kubeconfig", kubeconfig)
    assert result.exit_code == 2
    assert "no connection: " in result.stderr
    assert "check that the cluster runs at this address" in result.stderr


def test_an_expired_certificate_is_explained(neuroscale: Command, tmp_path: Path) -> None:
    authority = trustme.CA()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", not_after=yesterday).configure_cert(tls)
    with serving(ScriptedCluster(), tmp_path, tls, authority.cert_pem.bytes()) as kubeconfig:
        result = neuroscale("audit", "--kubeconfig", kubeconfig)
    assert result.exit_code == 2
    assert "certificate is not accepted: certificate has expired" in result.stderr


def test_a_kubeconfig_that_is_none_is_explained(neuroscale: Command, tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text("not: one", encoding="utf-8")
    result = neuroscale("audit", "--kubeconfig", tmp_path / "kubeconfig")
    assert result.exit_code == 2
    assert "is not a usable kubeconfig" in result.stderr


def test_a_context_that_is_not_there_is_explained(neuroscale: Command, tmp_path: Path) -> None:
    kubeconfig = write_kubeconfig(tmp_path, "http://127.0.0.1:1")
    result = neuroscale("audit", "--kubeconfig", kubeconfig, "--kube-context", "staging")
    assert result.exit_code == 2
    assert "is not a usable kubeconfig" in result.stderr


def test_the_kubeconfig_is_found_where_kubectl_finds_it(tmp_path: Path) -> None:
    named = tmp_path / "named"
    named.touch()
    assert found_kubeconfig({"KUBECONFIG": str(named)}, tmp_path) == named
    with pytest.raises(UnreadableInputError, match="no such file"):
        found_kubeconfig({"KUBECONFIG": str(tmp_path / "other")}, tmp_path)
    with pytest.raises(UnreadableInputError, match="no cluster is configured"):
        found_kubeconfig({}, tmp_path)
    assert found_kubeconfig({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, tmp_path) is None
    usual = tmp_path / ".kube" / "config"
    usual.parent.mkdir()
    usual.touch()
    assert found_kubeconfig({}, tmp_path) == usual


def test_every_kind_that_a_reader_knows_is_read_from_the_cluster() -> None:
    listed = {(resource.group, resource.kind) for resource in JUDGED_RESOURCES}
    assert listed == {*SERVING_READERS, *AUTOSCALER_READERS}


def test_the_autoscaler_that_keda_keeps_is_judged_where_its_author_wrote_it(
    audit: Audit, cluster: ScriptedCluster
) -> None:
    owner = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "x", "uid": "1", "controller": True}
    written = {
        "metadata": {"name": "hpa", "namespace": "search"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "name": "x"},
            "maxReplicas": 2,
        },
    }
    kept = written | {"metadata": {"name": "keda-hpa-x", "namespace": "search", "ownerReferences": [owner]}}
    cluster.pages["/apis/autoscaling/v2/horizontalpodautoscalers"] = [[written, kept]]
    result = audit("--output", "json")
    assert {finding["object"]["name"] for finding in json.loads(result.stdout)["findings"]} == {"hpa"}
    assert "judged 1 of 2 objects read" in result.stderr
