"""With `overlays/profile-signing` the actions service alone has the private key, and the webhook the public one."""

from pathlib import Path
from typing import Any

import pytest

from actions_service.command import main as actions_service
from admission_webhook.__main__ import main as admission_webhook
from tests.deploy.conftest import Document, render
from tests.deploy.test_rendered_workloads import object_named


@pytest.fixture(scope="module")
def signing(kustomize: Path) -> list[Document]:
    """The objects of `deploy/overlays/profile-signing`."""
    return render(kustomize, "overlays/profile-signing")


def pod_of(documents: list[Document], name: str) -> dict[str, Any]:
    pod: dict[str, Any] = object_named(documents, "Deployment", name)["spec"]["template"]["spec"]
    return pod


def volume_of(pod: dict[str, Any], option: str) -> dict[str, Any]:
    """Return the volume that holds the file which an option names."""
    (container,) = pod["containers"]
    file = Path(container["args"][container["args"].index(option) + 1])
    [mount] = [mount for mount in container["volumeMounts"] if mount["mountPath"] == str(file.parent)]
    assert mount["readOnly"] is True
    [volume] = [volume for volume in pod["volumes"] if volume["name"] == mount["name"]]
    assert isinstance(volume, dict)
    return volume


def test_the_actions_service_signs_with_the_key_of_its_secret(signing: list[Document]) -> None:
    secret = volume_of(pod_of(signing, "neuroscale-actions"), "--profile-key")["secret"]
    assert (secret["secretName"], oct(secret["defaultMode"])) == ("neuroscale-actions", "0o440")


@pytest.mark.parametrize("judge", ["neuroscale-webhook", "neuroscale-audit"])
def test_who_judges_verifies_with_the_public_key_and_does_not_start_without_it(
    signing: list[Document], judge: str
) -> None:
    volume = volume_of(pod_of(signing, judge), "--profile-public-key")
    assert volume["configMap"] == {"name": "neuroscale-profile-keys"}


def test_the_webhook_never_sees_the_private_key(signing: list[Document]) -> None:
    assert "neuroscale-actions" not in str(pod_of(signing, "neuroscale-webhook"))


def test_the_options_are_those_of_the_services() -> None:
    assert "--profile-key" in {name for option in actions_service.params for name in option.opts}
    assert "--profile-public-key" in {name for option in admission_webhook.params for name in option.opts}
