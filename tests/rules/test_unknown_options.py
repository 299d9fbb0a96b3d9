"""Values that the manifest does not show: nothing is denied on a guess, and the cause is named once."""

import pytest

from tests.rules.objects import endpoint, engine_findings, rules_of

QWEN = "--model=Qwen/Qwen3-32B"
MIXTURE = "--model=Qwen/Qwen3-30B-A3B-FP8"


@pytest.mark.parametrize("size", ["$(GPUS)", "${GPUS}", "$GPUS"])
def test_a_size_that_only_the_shell_knows_is_not_judged(size: str) -> None:
    shell = endpoint([f"exec vllm serve Qwen/Qwen3-32B --tensor-parallel-size={size}"], accelerators=5)
    container = shell.body["spec"]["predictor"]["containers"][0]
    container["command"] = ["sh", "-c"]
    findings = engine_findings(shell)
    assert [severity for _, severity in rules_of(findings)] == ["warn"]
    assert "--tensor-parallel-size" in findings[0].message


def test_an_expansion_may_overrule_what_is_written() -> None:
    shell = endpoint(["exec vllm serve Qwen/Qwen3-32B --tensor-parallel-size=5 $EXTRA_ARGS"], accelerators=5)
    shell.body["spec"]["predictor"]["containers"][0]["command"] = ["sh", "-c"]
    findings = engine_findings(shell)
    assert {severity for _, severity in rules_of(findings)} == {"warn"}
    assert "EXTRA_ARGS" in findings[0].message


def test_a_configuration_file_does_not_overrule_the_command_line() -> None:
    arguments = [QWEN, "--tensor-parallel-size=5", "--config", "/etc/vllm.yaml"]
    assert ("NS101", "deny") in rules_of(engine_findings(endpoint(arguments, accelerators=5)))


def test_a_configuration_file_may_give_what_the_command_line_does_not() -> None:
    arguments = [MIXTURE, "--tensor-parallel-size=4", "--config", "/etc/vllm.yaml"]
    findings = engine_findings(endpoint(arguments, image="vllm/vllm-openai:v0.30.0", accelerators=4))
    assert {severity for _, severity in rules_of(findings)} == {"warn"}


def test_a_length_that_is_not_shown_is_not_judged() -> None:
    arguments = [QWEN, "--max-model-len=$(LENGTH)"]
    assert "NS202" not in dict(rules_of(engine_findings(endpoint(arguments, accelerators=1))))


@pytest.mark.parametrize(
    "option",
    [
        "--nnodes=2",
        "--distributed-executor-backend=ray",
        "--data-parallel-backend=ray",
        "--headless",
    ],
)
def test_ranks_that_stand_in_other_pods_are_not_counted(option: str) -> None:
    arguments = [QWEN, "--tensor-parallel-size=8", option]
    assert "NS106" not in dict(rules_of(engine_findings(endpoint(arguments, accelerators=4))))


def test_the_pod_holds_one_rank_whole_where_others_stand_in_other_pods() -> None:
    arguments = [MIXTURE, "--tensor-parallel-size=4", "--data-parallel-size=4", "--data-parallel-hybrid-lb"]
    assert "NS106" not in dict(rules_of(engine_findings(endpoint(arguments, accelerators=4))))
    assert "NS106" not in dict(rules_of(engine_findings(endpoint(arguments, accelerators=8))))
    assert ("NS106", "deny") in rules_of(engine_findings(endpoint(arguments, accelerators=2)))


def test_local_data_parallel_ranks_are_those_of_the_pod() -> None:
    arguments = [QWEN, "--data-parallel-size=8", "--data-parallel-size-local=2"]
    assert engine_findings(endpoint(arguments, accelerators=2)) == ()
    assert rules_of(engine_findings(endpoint(arguments, accelerators=1))) == [("NS106", "deny")]


def test_another_engine_is_not_judged_by_the_rules_of_vllm() -> None:
    service = endpoint(
        ["--model-id=Qwen/Qwen3-32B", "--num-shard=5"], image="ghcr.io/huggingface/text-generation-inference:3.3"
    )
    assert {(finding.rule, finding.severity.value) for finding in engine_findings(service)} == {("NS001", "info")}


def test_an_engine_that_is_not_known_is_not_judged() -> None:
    service = endpoint(["serve", "api_server", "Qwen/Qwen3-32B", "--tp", "5"], image="openmmlab/lmdeploy:v0.9.0")
    assert engine_findings(service) == ()


def test_huggingfaceserver_without_vllm_is_not_judged_by_its_rules() -> None:
    arguments = ["--model_id=Qwen/Qwen3-32B", "--backend=huggingface", "--tensor-parallel-size=5"]
    findings = engine_findings(endpoint(arguments, image="kserve/huggingfaceserver:v0.20.0-gpu", accelerators=5))
    assert rules_of(findings) == [("NS305", "warn")]


def test_huggingfaceserver_with_vllm_is() -> None:
    arguments = ["--model_id=Qwen/Qwen3-32B", "--tensor_parallel_size=5"]
    findings = engine_findings(endpoint(arguments, image="kserve/huggingfaceserver:v0.20.0-gpu", accelerators=5))
    assert ("NS101", "deny") in rules_of(findings)


def test_huggingfaceserver_drops_the_value_of_a_flag_instead_of_refusing_it() -> None:
    image = "kserve/huggingfaceserver:v0.20.0-gpu"
    dropped = endpoint(
        ["--model_id=Qwen/Qwen3-32B", "--enable-prefix-caching", "false"], image=image, accelerators=1
    )
    refused = endpoint(["--model_id=Qwen/Qwen3-32B", "--enable-prefix-caching=false"], image=image, accelerators=1)
    assert rules_of(engine_findings(dropped)) == [("NS301", "warn")]
    assert rules_of(engine_findings(refused)) == [("NS301", "deny")]
