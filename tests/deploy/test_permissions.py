"""What the services may do, as the API server's own authorizer answers."""

import pytest

from admission_webhook.cluster_view.resources import WATCHED_RESOURCES
from tests.rigs.control_plane.kubectl import Kubectl

pytestmark = pytest.mark.control_plane

WEBHOOK = "system:serviceaccount:neuroscale:neuroscale-webhook"
AUDIT = "system:serviceaccount:neuroscale:neuroscale-audit"
ACTIONS = "system:serviceaccount:neuroscale:neuroscale-actions"
WATCHED = tuple(".".join(filter(None, (resource.plural, resource.group))) for resource in WATCHED_RESOURCES)
CHANGING = ("create", "update", "patch", "delete", "deletecollection", "impersonate", "bind", "escalate")


def may(kubectl: Kubectl, account: str, verb: str, resource: str) -> bool:
    answer = kubectl.impersonating(account).run("auth", "can-i", verb, resource, "--all-namespaces")
    assert answer.stdout.strip() in {"yes", "no"}, answer.stderr
    return answer.stdout.strip() == "yes"


@pytest.mark.parametrize("resource", WATCHED)
def test_the_webhook_may_list_and_watch_what_it_keeps_in_memory(applied_base: Kubectl, resource: str) -> None:
    assert all(may(applied_base, WEBHOOK, verb, resource) for verb in ("list", "watch"))


@pytest.mark.parametrize(
    "resource",
    ["secrets", "configmaps", "pods", "namespaces", "validatingwebhookconfigurations"],
)
def test_the_webhook_may_not_read_anything_else(applied_base: Kubectl, resource: str) -> None:
    assert not may(applied_base, WEBHOOK, "list", resource)


def test_no_rule_of_the_webhook_changes_anything(applied_base: Kubectl) -> None:
    rules = applied_base.impersonating(WEBHOOK).must("auth", "can-i", "--list", "--no-headers").stdout
    verbs_of_resources = {line.rsplit("[", 1)[1] for line in rules.splitlines() if line.split()[0] in WATCHED}
    assert verbs_of_resources == {"list watch]"}
    assert not may(applied_base, WEBHOOK, "*", "*")


@pytest.mark.parametrize("verb", CHANGING)
def test_the_webhook_may_not_change_an_endpoint(applied_base: Kubectl, verb: str) -> None:
    assert not may(applied_base, WEBHOOK, verb, "inferenceservices.serving.kserve.io")


@pytest.mark.parametrize("resource", [*WATCHED, "secrets"])
def test_the_actions_service_may_not_read_the_cluster(applied_base: Kubectl, resource: str) -> None:
    assert not may(applied_base, ACTIONS, "list", resource)


@pytest.mark.parametrize("resource", [each.full_name for each in WATCHED_RESOURCES])
def test_the_audit_may_list_and_watch_what_it_keeps_in_memory(applied_base: Kubectl, resource: str) -> None:
    assert all(may(applied_base, AUDIT, verb, resource) for verb in ("list", "watch"))


@pytest.mark.parametrize("resource", ["secrets", "configmaps", "pods", "namespaces"])
def test_the_audit_may_not_read_anything_else(applied_base: Kubectl, resource: str) -> None:
    assert not may(applied_base, AUDIT, "list", resource)


@pytest.mark.parametrize("verb", CHANGING)
def test_the_audit_may_not_change_an_endpoint(applied_base: Kubectl, verb: str) -> None:
    assert not may(applied_base, AUDIT, verb, "inferenceservices.serving.kserve.io")
