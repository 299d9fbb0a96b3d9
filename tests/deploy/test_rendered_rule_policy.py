"""With `overlays/rule-policy` services and audit judge by one mounted ConfigMap, whose changes reach them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from actions_service.command import main as actions_service
from admission_webhook.__main__ import main as admission_webhook
from admission_webhook.audit.__main__ import main as background_audit
from neuroscale.rules.policy import RulePolicy
from neuroscale.rules.policy_file import read_rule_policy
from tests.deploy.conftest import Document, render
from tests.deploy.test_rendered_workloads import object_named

SERVICES = ("neuroscale-actions", "neuroscale-webhook", "neuroscale-audit")


@pytest.fixture(scope="module")
def decided(kustomize: Path) -> list[Document]:
    """The objects of `deploy/overlays/rule-policy`."""
    return render(kustomize, "overlays/rule-policy")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_the_file_of_the_config_map(decided: list[Document], service: str) -> None:
    pod: dict[str, Any] = object_named(decided, "Deployment", service)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    file = Path(container["args"][container["args"].index("--policy") + 1])
    [mount] = [mount for mount in container["volumeMounts"] if mount["mountPath"] == str(file.parent)]
    assert mount["readOnly"] is True
    # With a subPath the kubelet would never bring a change into the running pod.
    assert "subPath" not in mount
    [volume] = [volume for volume in pod["volumes"] if volume["name"] == mount["name"]]
    config_map = object_named(decided, "ConfigMap", volume["configMap"]["name"])
    assert file.name in config_map["data"]


def test_the_shipped_policy_decides_nothing(decided: list[Document]) -> None:
    text = yaml.safe_dump(object_named(decided, "ConfigMap", "neuroscale-rule-policy"))
    assert read_rule_policy(text, "rule-policy.yaml") == RulePolicy()


def test_the_option_is_one_of_each_service() -> None:
    for command in (actions_service, admission_webhook, background_audit):
        assert "--policy" in {name for option in command.params for name in option.opts}
