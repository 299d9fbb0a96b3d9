"""`docs/deploy.md` names folders, objects and labels that exist."""

import re
from pathlib import Path

import pytest

from tests.deploy.conftest import DEPLOY, Document, render
from tests.rigs.control_plane.toolchain import REPOSITORY_DIRECTORY


@pytest.fixture(scope="module")
def page() -> str:
    return (REPOSITORY_DIRECTORY / "docs" / "deploy.md").read_text(encoding="utf-8")


def test_every_folder_exists(page: str) -> None:
    folders = set(re.findall(r"deploy/((?:base|overlays|components|images)[\w/-]*)", page))
    assert len(folders) >= 6
    assert [folder for folder in folders if not (DEPLOY / folder).exists()] == []


def test_the_emergency_line_deletes_what_is_registered(page: str, base: list[Document]) -> None:
    deleted = re.findall(r"^kubectl delete validatingwebhookconfiguration (\S+)$", page, re.MULTILINE)
    registered = [d["metadata"]["name"] for d in base if d["kind"] == "ValidatingWebhookConfiguration"]
    assert deleted == registered


def test_every_label_is_one_that_the_manifests_look_at(page: str, kustomize: Path) -> None:
    rendered = str(render(kustomize, "overlays/fail-closed"))
    labels = set(re.findall(r"(neuroscale\.dev/[\w-]+)=", page))
    assert labels == {
        "neuroscale.dev/enforcement",
        "neuroscale.dev/may-scrape",
        "neuroscale.dev/may-call-actions",
    }
    assert all(f"'{label}'" in rendered for label in labels)
