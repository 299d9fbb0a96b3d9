from typing import Any

import pytest

from tests.deploy.conftest import Document


@pytest.fixture
def policies(base: list[Document]) -> dict[str, Any]:
    return {d["metadata"]["name"]: d["spec"] for d in base if d["kind"] == "NetworkPolicy"}


def open_ports(policy: dict[str, Any], *, to_everyone: bool) -> set[int]:
    return {
        port["port"] for rule in policy["ingress"] if ("from" not in rule) == to_everyone for port in rule["ports"]
    }


def test_what_is_not_opened_is_closed(policies: dict[str, Any]) -> None:
    assert policies["deny-ingress"] == {"podSelector": {}, "policyTypes": ["Ingress"]}


def test_the_api_server_reaches_the_tls_port_from_wherever_it_is(policies: dict[str, Any]) -> None:
    assert open_ports(policies["neuroscale-webhook"], to_everyone=True) == {8443}


def test_health_and_metrics_are_open_to_labelled_namespaces_only(policies: dict[str, Any]) -> None:
    assert open_ports(policies["neuroscale-webhook"], to_everyone=False) == {8081}


def test_actions_are_open_to_labelled_namespaces_only(policies: dict[str, Any]) -> None:
    assert open_ports(policies["neuroscale-actions"], to_everyone=True) == set()
    assert open_ports(policies["neuroscale-actions"], to_everyone=False) == {8080}


def test_the_webhook_calls_nothing_but_the_api_server(policies: dict[str, Any]) -> None:
    policy = policies["neuroscale-webhook"]
    assert "Egress" in policy["policyTypes"]
    assert {port["port"] for rule in policy["egress"] for port in rule["ports"]} == {443, 6443, 8443}
