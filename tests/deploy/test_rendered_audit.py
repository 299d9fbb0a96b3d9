"""The background audit as it is deployed: one confined replica that reads, and reports where an overlay says so."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from admission_webhook.audit.__main__ import main
from admission_webhook.audit.metrics import create_audit_metrics
from neuroscale.cluster.resources import CONFIGURATION_MAPS, CONTEXT_RESOURCES, JUDGED_RESOURCES
from tests.deploy.conftest import DEPLOY, Document, render
from tests.deploy.test_rendered_workloads import object_named

NAME = "neuroscale-audit"


@pytest.fixture
def deployment(base: list[Document]) -> dict[str, Any]:
    spec: dict[str, Any] = object_named(base, "Deployment", NAME)["spec"]
    return spec


def monitoring(file: str) -> list[Document]:
    """Return the objects of a file of `deploy/monitoring`."""
    return list(yaml.safe_load_all((DEPLOY / "monitoring" / file).read_text(encoding="utf-8")))


def test_there_is_never_more_than_one(deployment: dict[str, Any]) -> None:
    assert deployment["replicas"] == 1
    assert deployment["strategy"] == {"type": "Recreate"}


def test_the_container_is_confined_and_bounded(deployment: dict[str, Any]) -> None:
    pod = deployment["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"] == "512Mi"
    assert pod["serviceAccountName"] == NAME


def test_every_option_is_one_that_the_process_has(deployment: dict[str, Any]) -> None:
    (container,) = deployment["template"]["spec"]["containers"]
    known = {name for option in main.params for name in (*option.opts, *option.secondary_opts)}
    assert {each for each in container["args"] if each.startswith("--")} <= known
    assert container["command"] == ["python", "-m", "admission_webhook.audit"]


def test_its_selector_finds_its_own_pods_and_no_others(base: list[Document]) -> None:
    labels = {"app.kubernetes.io/name": NAME}
    assert object_named(base, "Service", NAME)["spec"]["selector"] == labels
    assert object_named(base, "Deployment", NAME)["spec"]["selector"]["matchLabels"] == labels


def test_it_calls_nothing_but_the_api_server_and_is_scraped_by_labelled_namespaces(base: list[Document]) -> None:
    policy = object_named(base, "NetworkPolicy", NAME)["spec"]
    assert {port["port"] for rule in policy["egress"] for port in rule["ports"]} == {443, 6443, 8443}
    assert all("from" in rule for rule in policy["ingress"])


def test_reports_are_off_until_the_overlay_turns_them_on(base: list[Document], kustomize: Path) -> None:
    def arguments(documents: list[Document]) -> list[str]:
        (container,) = object_named(documents, "Deployment", NAME)["spec"]["template"]["spec"]["containers"]
        found: list[str] = container["args"]
        return found

    assert "--reports" not in arguments(base)
    assert "--reports" in arguments(render(kustomize, "overlays/audit-reports"))


def test_the_overlay_grants_reports_alone_and_to_the_audit_alone(base: list[Document], kustomize: Path) -> None:
    documents = render(kustomize, "overlays/audit-reports")
    added = [each for each in documents if each not in base and each["kind"] != "Deployment"]
    assert sorted(each["kind"] for each in added) == ["ClusterRole", "ClusterRoleBinding"]
    rules = object_named(documents, "ClusterRole", "neuroscale-audit-reports")["rules"]
    assert [(rule["apiGroups"], rule["resources"]) for rule in rules] == [
        (["openreports.io"], ["reports", "clusterreports"])
    ]
    [subject] = object_named(documents, "ClusterRoleBinding", "neuroscale-audit-reports")["subjects"]
    assert subject["name"] == NAME


def test_the_role_for_people_grants_exactly_what_the_command_reads() -> None:
    [role] = monitoring("audit-role.yaml")
    granted = {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    listed = {(each.group, each.plural, "list") for each in (*JUDGED_RESOURCES, *CONTEXT_RESOURCES)}
    assert granted == listed | {(CONFIGURATION_MAPS.group, CONFIGURATION_MAPS.plural, "get")}


def test_alerts_ask_for_metrics_that_there_are() -> None:
    [rules] = [each for each in monitoring("audit.yaml") if each["kind"] == "PrometheusRule"]
    metrics = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in create_audit_metrics().registry.collect()
    }
    alerts = [alert for group in rules["spec"]["groups"] for alert in group["rules"]]
    for alert in alerts:
        asked = set(re.findall(r"neuroscale_audit_\w+", alert["expr"]))
        assert asked, alert["alert"]
        assert asked <= metrics, alert["alert"]


def test_the_monitor_selects_the_service(base: list[Document]) -> None:
    [monitor] = [each for each in monitoring("audit.yaml") if each["kind"] == "ServiceMonitor"]
    service = object_named(base, "Service", NAME)
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    [endpoint] = monitor["spec"]["endpoints"]
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
