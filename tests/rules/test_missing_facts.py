"""What a rule lacked to judge is said, with the rules that it stopped."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from neuroscale.architecture.profile import PROFILE_ANNOTATION
from neuroscale.rules.context import IndexedContext
from neuroscale.rules.deployments import subjects_of
from neuroscale.rules.finding import Finding, Severity
from neuroscale.rules.memory import context_length_over_model_maximum
from neuroscale.rules.subject import Deployment
from tests.rules.objects import cluster_facts, endpoint, engine_findings, shipped

UNKNOWN = "--model=acme/never-published"


def gaps(arguments: Sequence[str], accelerators: int) -> list[str]:
    """Return the messages about what could not be judged."""
    findings: tuple[Finding, ...] = engine_findings(endpoint(arguments, accelerators=accelerators))
    return [finding.message for finding in findings if finding.rule == "NS001"]


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ([UNKNOWN, "--tensor-parallel-size=8", "--decode-context-parallel-size=2"], "NS110"),
        ([UNKNOWN, "--data-parallel-size=8", "--data-parallel-external-lb", "--data-parallel-rank=0"], "NS108"),
        ([UNKNOWN, "--pipeline-parallel-size=2"], "NS121"),
        ([UNKNOWN, "--dtype=half"], "NS307"),
    ],
)
def test_a_rule_that_needs_the_model_says_that_it_is_not_known(arguments: list[str], rule: str) -> None:
    assert any(rule in message and "acme/never-published" in message for message in gaps(arguments, 8))


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (["--model=Qwen/Qwen3-32B", "--tensor-parallel-size=$(GPUS)", "--decode-context-parallel-size=2"], "NS110"),
        (["--model=Qwen/Qwen3-32B", "--data-parallel-size=$(RANKS)", "--data-parallel-external-lb"], "NS108"),
        (["--model=Qwen/Qwen3-32B", "--pipeline-parallel-size=$(STAGES)"], "NS121"),
    ],
)
def test_a_rule_that_needs_an_option_says_that_its_value_is_not_shown(arguments: list[str], rule: str) -> None:
    assert any(rule in message and "cannot be known from the manifest" in message for message in gaps(arguments, 8))


def test_an_unstated_context_is_named_as_what_is_missing() -> None:
    manifest = endpoint(["--model=Qwen/Qwen3-32B", "--max-model-len=8192"], accelerators=1)
    deployment = next(
        subject
        for subject in subjects_of(manifest, (IndexedContext(()),), cluster_facts())
        if isinstance(subject, Deployment)
    )
    silent = replace(shipped("Qwen/Qwen3-32B"), context=None, unread=())
    outcomes = list(context_length_over_model_maximum.RULE.judge(replace(deployment, architecture=silent)))
    assert [outcome.message for outcome in outcomes] == [
        "the model's configuration could be read only in part: it does not say how long the context is"
    ]


ENGINE = "acme/engine:1.0"


@pytest.mark.parametrize(
    ("arguments", "annotations"),
    [
        (["--model=Qwen/Qwen3-32B", "--tensor-parallel-size=3"], {}),
        (["serve", "Qwen/Qwen3-32B"], {}),
        (["serve"], {PROFILE_ANNOTATION: "{}"}),
    ],
    ids=["an option names a known model", "a word names one", "a profile"],
)
def test_an_unknown_engine_narrows_what_is_judged_and_it_is_said(
    arguments: list[str], annotations: dict[str, str]
) -> None:
    """Three ranks would be denied for vLLM; another engine may do as it likes, and silence looks like consent."""
    found = engine_findings(endpoint(arguments, image=ENGINE, accelerators=3, annotations=annotations))
    told = [finding for finding in found if finding.rule == "NS001"]
    assert [(finding.severity, finding.field) for finding in told] == [
        (Severity.INFO, "spec.predictor.containers[0].image")
    ]
    assert ENGINE in told[0].message
    assert {finding.rule for finding in found} <= {"NS001", "NS502"}


@pytest.mark.parametrize(
    ("arguments", "accelerators"), [(["serve"], 1), (["--model=Qwen/Qwen3-32B"], None), (["acme/classifier"], 1)]
)
def test_nothing_is_said_of_what_may_be_no_language_model(arguments: list[str], accelerators: int | None) -> None:
    assert engine_findings(endpoint(arguments, image=ENGINE, accelerators=accelerators)) == ()
