"""Where an architecture comes from: the profile, the catalogue, and what --hf-overrides makes of either."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.profile import (
    PROFILE_ANNOTATION,
    SIGNATURE_ANNOTATION,
    make_profile,
    sign_profile,
    write_profile,
)
from neuroscale.rules.architectures import apply_overrides
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ClusterFacts
from tests.rules.objects import endpoint, engine_findings, judged, rules_of, shipped

SIGNER = Ed25519PrivateKey.generate()
QWEN = "--model=Qwen/Qwen3-32B"


def profile(repository: str, **changes: object) -> dict[str, str]:
    """Return the annotation of a model with the configuration of Qwen3-32B and some changes."""
    entry = load_catalogue().entry("Qwen/Qwen3-32B")
    assert entry is not None
    return {PROFILE_ANNOTATION: write_profile(make_profile(repository, None, {**entry.config, **changes}))}


def signed(annotations: dict[str, str]) -> dict[str, str]:
    """Return a profile's annotation with its signature."""
    return annotations | {SIGNATURE_ANNOTATION: sign_profile(annotations[PROFILE_ANNOTATION], SIGNER)}


def test_a_signed_profile_comes_before_the_catalogue_and_the_difference_is_noted() -> None:
    annotated = endpoint(
        [QWEN, "--tensor-parallel-size=8"],
        accelerators=8,
        annotations=signed(profile("Qwen/Qwen3-32B", num_attention_heads=60)),
    )
    found = judge([annotated], ClusterFacts(models=load_catalogue(), profile_keys=(SIGNER.public_key(),)))
    assert rules_of(found) == [("NS101", "deny"), ("NS501", "warn"), ("NS502", "info")]
    assert "60 attention heads" in found[0].message
    assert "states 60 attention heads instead of 64" in found[-1].message


@pytest.mark.parametrize("is_signed", [True, False])
def test_without_keys_a_profile_that_contradicts_the_catalogue_is_set_aside(is_signed: bool) -> None:
    """A signature that nobody verifies vouches for nothing, and 60 heads would have been denied."""
    claim = profile("Qwen/Qwen3-32B", num_attention_heads=60, num_hidden_layers=32)
    annotated = endpoint(
        [QWEN, "--tensor-parallel-size=8"], accelerators=8, annotations=signed(claim) if is_signed else claim
    )
    (finding,) = engine_findings(annotated)
    assert (finding.rule, finding.severity) == ("NS502", "warn")
    assert "32 layers instead of 64, 60 attention heads instead of 64" in finding.message
    assert "--profile-public-key" in finding.fix


def test_a_claim_that_lets_a_model_pass_does_not_win_over_the_catalogue() -> None:
    claim = profile("Qwen/Qwen3-32B", num_attention_heads=65, num_key_value_heads=5)
    annotated = endpoint([QWEN, "--tensor-parallel-size=5"], accelerators=5, annotations=claim)
    assert {("NS101", "deny"), ("NS502", "warn")} <= set(rules_of(engine_findings(annotated)))


def test_a_profile_that_states_less_than_the_catalogue_contradicts_nothing() -> None:
    entry = load_catalogue().entry("Qwen/Qwen3-32B")
    assert entry is not None
    config = {name: value for name, value in entry.config.items() if name != "max_position_embeddings"}
    annotated = endpoint(
        [QWEN, "--tensor-parallel-size=8"],
        accelerators=8,
        annotations={PROFILE_ANNOTATION: write_profile(make_profile("qwen/qwen3-32b", None, config))},
    )
    assert engine_findings(annotated) == ()


def test_the_profile_of_a_model_in_a_volume_is_used() -> None:
    annotated = endpoint(
        ["--model=/mnt/models", "--tensor-parallel-size=5"], accelerators=5, annotations=profile("acme/private")
    )
    assert ("NS101", "deny") in rules_of(engine_findings(annotated))


@pytest.mark.parametrize(
    ("stored", "is_used"), [("s3://models/llama", True), ("s3://models/llama/", True), ("s3://models/other", False)]
)
def test_the_profile_of_a_stored_model_is_used_for_that_place_alone(stored: str, is_used: bool) -> None:
    served = endpoint(
        ["/mnt/models", "--tensor-parallel-size=5"],
        accelerators=5,
        annotations=profile("s3://models/llama"),
        environment={"STORAGE_URI": stored},
    )
    found = judged(served)
    assert (("NS101", "deny") in rules_of(found)) is is_used
    doubts = [finding.message for finding in found if "s3://models/llama, but s3://models/other" in finding.message]
    assert bool(doubts) is not is_used


def test_the_profile_of_another_model_is_not_used() -> None:
    annotated = endpoint(
        [QWEN, "--tensor-parallel-size=8"],
        accelerators=8,
        annotations=profile("acme/other", num_attention_heads=60),
    )
    assert rules_of(engine_findings(annotated)) == [("NS502", "warn")]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"repository": 7}', "not json"])
def test_an_unreadable_profile_is_told_and_never_denies(text: str) -> None:
    annotated = endpoint([QWEN, "--tensor-parallel-size=8"], accelerators=8, annotations={PROFILE_ANNOTATION: text})
    findings = engine_findings(annotated)
    assert rules_of(findings) == [("NS502", "warn")]
    assert findings[0].field == f"metadata.annotations[{PROFILE_ANNOTATION}]"


def test_overrides_change_what_is_judged() -> None:
    overrides = json.dumps({"num_attention_heads": 60})
    findings = engine_findings(
        endpoint([QWEN, "--tensor-parallel-size=8", f"--hf-overrides={overrides}"], accelerators=8)
    )
    assert rules_of(findings) == [("NS101", "deny")]


def test_overrides_apply_to_a_profile_too() -> None:
    overrides = json.dumps({"num_attention_heads": 64})
    annotated = endpoint(
        ["--model=acme/private", "--tensor-parallel-size=8", f"--hf-overrides={overrides}"],
        accelerators=8,
        annotations=profile("acme/private", num_attention_heads=60),
    )
    assert engine_findings(annotated) == ()


def test_an_override_of_a_nested_configuration_keeps_its_other_fields() -> None:
    config = {"text_config": {"num_attention_heads": 16, "num_hidden_layers": 30}, "rope_scaling": {"factor": 2}}
    changed = apply_overrides(config, {"text_config": {"num_attention_heads": 8}, "rope_scaling": {"type": "yarn"}})
    assert changed == {
        "text_config": {"num_attention_heads": 8, "num_hidden_layers": 30},
        "rope_scaling": {"type": "yarn"},
    }


def test_overrides_that_only_the_shell_knows_leave_the_model_unknown() -> None:
    hidden = endpoint([QWEN, "--tensor-parallel-size=5", "--hf-overrides=$(OVERRIDES)"], accelerators=5)
    findings = engine_findings(hidden)
    assert rules_of(findings) == [("NS001", "warn")]
    assert "--hf-overrides" in findings[0].message


class ArchitecturesOnly:
    """A source that knows architectures and no configurations."""

    def find(self, repository: str) -> ModelArchitecture | None:
        """Return Qwen3-32B for every name."""
        return shipped("Qwen/Qwen3-32B")


def test_overrides_are_not_guessed_at_where_the_configuration_is_not_at_hand() -> None:
    overridden = endpoint(
        [QWEN, "--tensor-parallel-size=5", '--hf-overrides={"num_attention_heads": 60}'], accelerators=5
    )
    findings = judge([overridden], ClusterFacts(models=ArchitecturesOnly()))
    assert ("NS001", "warn") in rules_of(findings)
    assert "NS101" not in dict(rules_of(findings))


def test_the_configuration_of_another_repository_is_judged_where_the_engine_reads_it() -> None:
    arguments = ["--model=acme/unknown", "--hf-config-path=Qwen/Qwen3-32B", "--tensor-parallel-size=5"]
    assert ("NS101", "deny") in rules_of(engine_findings(endpoint(arguments, accelerators=5)))
