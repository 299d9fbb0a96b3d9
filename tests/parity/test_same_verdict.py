"""Every fixture of every rule gets the same findings from the command line, the action and the webhook.

The command line is the reference, because its exit code is what CI trusts. The webhook is asked as the API server
asks it: about one object at a time, which has a namespace by then, while the cluster holds the others.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from admission_webhook.certificates.issue import CertificateFiles
from neuroscale.cli.check import check
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.rules.judge import judge
from tests.actions_service.serving import Client, json_of
from tests.admission_webhook.serving import review_of, served_webhook

FIXTURES = sorted((Path(__file__).parents[1] / "rules").glob("*/*/*.yaml"))
CLUSTER_SCOPED = {"Node", "ClusterServingRuntime"}
NAMESPACE = "search"

Finding = dict[str, Any]


def title(fixture: Path) -> str:
    """Name a fixture by its rule and file."""
    return f"{fixture.parent.name}/{fixture.stem}"


def command_line(path: Path) -> tuple[Any, int]:
    """Return what the command answers as JSON, and its exit code."""
    run = CliRunner().invoke(check, [str(path), "--output", "json"], standalone_mode=False)
    assert run.exception is None
    return json.loads(run.stdout), run.return_value


def as_file(fixture: Path) -> dict[str, str]:
    """Return a fixture as the action takes it."""
    return {"path": str(fixture), "content": fixture.read_text(encoding="utf-8")}


def stored_documents(fixture: Path) -> list[dict[str, Any]]:
    """Return the objects of a fixture with the namespace that the API server gives them."""
    documents = [document for document in yaml.safe_load_all(fixture.read_text(encoding="utf-8")) if document]
    for document in documents:
        if document["kind"] not in CLUSTER_SCOPED:
            document["metadata"]["namespace"] = NAMESPACE
    return documents


def without_configuration_maps(fixture: Path, directory: Path) -> Path:
    """Return a fixture without its ConfigMaps, which neither the webhook nor the background audit reads."""
    documents = yaml.safe_load_all(fixture.read_text(encoding="utf-8"))
    kept = [document for document in documents if document and document["kind"] != "ConfigMap"]
    file = directory / fixture.name
    file.write_text(yaml.safe_dump_all(kept), encoding="utf-8")
    return file


def about(document: dict[str, Any], findings: list[Finding]) -> list[Finding]:
    """Return the findings about one object."""
    identity = (document["kind"], document["metadata"]["name"])
    return [finding for finding in findings if (finding["object"]["kind"], finding["object"]["name"]) == identity]


def cause(finding: Finding) -> dict[str, str]:
    """Return a denial as a user of kubectl reads it."""
    text = f"{finding['rule']}: {finding['message']}" + (f" ({finding['fix']})" if finding["fix"] else "")
    return {"reason": "FieldValueInvalid", "field": finding["path"], "message": text}


@pytest.mark.parametrize("fixture", FIXTURES, ids=title)
async def test_the_action_answers_what_the_command_line_answers(client: Client, fixture: Path) -> None:
    reference, exit_code = command_line(fixture)
    response = await client.post("/v1/actions/check-manifests", json={"files": [as_file(fixture)]})
    answer = await json_of(response)
    assert {"findings": answer["findings"], "summary": answer["summary"]} == reference
    assert answer["ok"] is (exit_code == 0)
    assert answer["ok"] is not fixture.name.startswith("bad-")


async def told_by_the_webhook(
    certificates: CertificateFiles, documents: list[dict[str, Any]], findings: list[Finding]
) -> int:
    """Have the webhook judge each object among the others; it must say exactly the findings. Return how many."""
    told = 0
    for document in documents:
        others = [manifest_from_mapping(other) for other in documents if other is not document]
        async with served_webhook(certificates, judge, context=others) as webhook:
            answer = await webhook.review(review_of(document))
        expected = about(document, findings)
        denied = [finding for finding in expected if finding["severity"] == "deny"]
        warned = [finding for finding in expected if finding["severity"] == "warn"]
        assert answer["allowed"] is not bool(denied)
        causes = answer["status"]["details"]["causes"] if denied else []
        assert sorted(causes, key=str) == sorted(map(cause, denied), key=str)
        warnings = answer.get("warnings", [])
        assert Counter(text.partition(":")[0] for text in warnings) == Counter(each["rule"] for each in warned)
        assert all(any(finding["message"] in text for text in warnings) for finding in warned)
        told += len(denied) + len(warned)
    return told


@pytest.mark.parametrize("fixture", FIXTURES, ids=title)
async def test_the_webhook_answers_what_the_command_line_answers(
    certificates: CertificateFiles, fixture: Path
) -> None:
    reference, _ = command_line(fixture)
    told = await told_by_the_webhook(certificates, stored_documents(fixture), reference["findings"])
    assert told == reference["summary"]["deny"] + reference["summary"]["warn"]


WITH_CONFIGURATION_MAPS = [fixture for fixture in FIXTURES if "kind: ConfigMap\n" in fixture.read_text("utf-8")]


@pytest.mark.parametrize("fixture", WITH_CONFIGURATION_MAPS, ids=title)
async def test_the_webhook_which_reads_no_config_maps_answers_what_the_command_line_answers_without_them(
    certificates: CertificateFiles, fixture: Path, tmp_path: Path
) -> None:
    alone = without_configuration_maps(fixture, tmp_path)
    reference, _ = command_line(alone)
    told = await told_by_the_webhook(certificates, stored_documents(alone), reference["findings"])
    assert told == reference["summary"]["deny"] + reference["summary"]["warn"]


def test_some_fixtures_hold_config_maps() -> None:
    assert WITH_CONFIGURATION_MAPS
