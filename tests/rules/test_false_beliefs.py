"""Beliefs about serving that are widely repeated and wrong: no rule may say any of them."""

import pytest

from neuroscale.architecture.profile import PROFILE_ANNOTATION, make_profile, write_profile
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.object import ManifestObject
from tests.rules.objects import endpoint, engine_findings, judged, rules_of, shipped

GEMMA = "--model=google/gemma-4-26B-A4B"
QWEN = "--model=Qwen/Qwen3-30B-A3B"
H100 = {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"}


@pytest.mark.parametrize("model", [GEMMA, QWEN, "--model=openai/gpt-oss-120b", "--model=deepseek-ai/DeepSeek-V3"])
def test_data_parallelism_does_not_need_expert_parallelism(model: str) -> None:
    assert engine_findings(endpoint([model, "--data-parallel-size=2"], accelerators=2)) == ()


@pytest.mark.parametrize("ranks", [3, 5, 6, 7, 12])
def test_expert_parallelism_need_not_divide_the_experts(ranks: int) -> None:
    arguments = [QWEN, f"--data-parallel-size={ranks}", "--enable-expert-parallel"]
    assert engine_findings(endpoint(arguments, accelerators=ranks)) == ()


def test_expert_parallelism_on_one_rank_is_no_error() -> None:
    findings = engine_findings(endpoint([QWEN, "--enable-expert-parallel"], accelerators=1))
    assert rules_of(findings) == [("NS305", "info")]


def test_more_ranks_than_kv_heads_are_no_error() -> None:
    assert engine_findings(endpoint([QWEN, "--tensor-parallel-size=16"], accelerators=16)) == ()


def test_gemma_4_has_no_shared_experts_beside_its_dense_path() -> None:
    experts = shipped("google/gemma-4-26B-A4B").experts
    assert experts is not None
    assert experts.shared_intermediate_size == 0


def test_active_parameters_do_not_decide_the_memory() -> None:
    on_24_gb = endpoint([GEMMA], accelerators=1, node_labels={"nvidia.com/gpu.product": "NVIDIA-L4"})
    assert rules_of(engine_findings(on_24_gb)) == [("NS201", "deny")]


def test_a_26b_model_does_not_need_two_devices_of_80_gb() -> None:
    assert engine_findings(endpoint([GEMMA], accelerators=1, node_labels=H100)) == ()


@pytest.mark.parametrize(
    ("image", "denied"), [("vllm/vllm-openai:v0.33.0", False), ("vllm/vllm-openai:v0.19.0", True)]
)
def test_the_default_utilisation_is_not_90_percent_in_every_version(image: str, denied: bool) -> None:
    # 48.1 GiB of weights lie between 90 % and 92 % of 54000 MiB.
    labels = {**H100, "nvidia.com/gpu.memory": "54000"}
    arguments = [GEMMA, "--max-model-len=auto"]
    findings = engine_findings(endpoint(arguments, image=image, accelerators=1, node_labels=labels))
    assert rules_of(findings) == ([("NS201", "deny")] if denied else [])


def test_a_field_named_after_experts_does_not_make_a_model_a_mixture() -> None:
    dense = ["--model=nvidia/Gemma-4-31B-IT-NVFP4", "--data-parallel-size=5"]
    assert engine_findings(endpoint(dense, accelerators=5)) == ()


HIDDEN_EXPERTS = {
    "model_type": "dbrx",
    "architectures": ["DbrxForCausalLM"],
    "d_model": 6144,
    "n_heads": 48,
    "n_layers": 40,
    "max_seq_len": 32768,
    "vocab_size": 100352,
    "attn_config": {"kv_n_heads": 8, "clip_qkv": 8, "rope_theta": 500000},
    "ffn_config": {"ffn_hidden_size": 10752, "moe_num_experts": 16, "moe_top_k": 4},
}


def test_a_mixture_without_a_field_named_after_experts_is_no_dense_model() -> None:
    """Its experts stand in a part of their own: it is labelled as what it is, and 15 GiB a rank do not hold it."""
    assert not any("expert" in name for name in HIDDEN_EXPERTS)
    profile = {PROFILE_ANNOTATION: write_profile(make_profile("acme/hidden-experts", None, HIDDEN_EXPERTS))}
    arguments = ["--model=acme/hidden-experts", "--tensor-parallel-size=8"]
    on_t4 = {"cloud.google.com/gke-accelerator": "nvidia-tesla-t4"}
    found = judged(endpoint(arguments, accelerators=8, annotations=profile, node_labels=on_t4))
    labels = [finding.message for finding in found if finding.rule == "NS501"]
    assert any("model-architecture=moe" in message and "total-params=131.6B" in message for message in labels)
    assert ("NS201", "deny") in rules_of(found)


def test_a_boolean_with_a_value_does_not_switch_anything_on() -> None:
    findings = engine_findings(endpoint([QWEN, "--enable-expert-parallel=true"], accelerators=1))
    assert rules_of(findings) == [("NS301", "deny")]


@pytest.mark.parametrize("version", ["0.30.0", "0.31.0", "0.33.0"])
def test_online_fp8_is_not_refused_by_newer_releases(version: str) -> None:
    arguments = ["--model=Qwen/Qwen3-32B", "--quantization=fp8"]
    assert engine_findings(endpoint(arguments, image=f"vllm/vllm-openai:v{version}", accelerators=1)) == ()


def test_a_variable_that_selects_nothing_is_told_and_is_not_called_an_error() -> None:
    arguments = [QWEN, "--data-parallel-size=2", "--enable-expert-parallel"]
    variables = {"VLLM_ALL2ALL_BACKEND": "deepep_low_latency"}
    findings = engine_findings(endpoint(arguments, accelerators=2, environment=variables))
    assert rules_of(findings) == [("NS350", "warn")]


def llm_inference_service(parallelism: dict[str, object]) -> ManifestObject:
    """Return an LLMInferenceService of one pod on the last vLLM that refuses broken FP8 blocks."""
    container = {
        "name": "main",
        "image": "vllm/vllm-openai:v0.28.0",
        "resources": {"limits": {"nvidia.com/gpu": 8}},
    }
    return manifest_from_mapping({
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": {"name": "qwen"},
        "spec": {
            "model": {"uri": "hf://Qwen/Qwen3-235B-A22B-FP8"},
            "parallelism": parallelism,
            "template": {"containers": [container]},
        },
    })  # fmt: skip


def test_the_expert_field_of_a_single_node_does_not_give_expert_parallelism() -> None:
    findings = engine_findings(llm_inference_service({"tensor": 8, "expert": True}))
    assert ("NS104", "deny") in rules_of(findings)


def autoscaler(metric: dict[str, object]) -> ManifestObject:
    """Return an autoscaler of the endpoint's Deployment."""
    return manifest_from_mapping({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "endpoint"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "endpoint-predictor"},
            "minReplicas": 1,
            "maxReplicas": 4,
            "metrics": [
                {"type": "External", "external": {"metric": metric, "target": {"type": "Value", "value": "2"}}}
            ],
        },
    })  # fmt: skip


@pytest.mark.parametrize("name", ["vllm_request_p95_latency_seconds", "vllm_num_requests_waiting", "queue_depth"])
def test_a_metric_that_an_adapter_may_define_is_not_called_impossible(name: str) -> None:
    external = {"serving.kserve.io/autoscalerClass": "external"}
    findings = engine_findings(endpoint([QWEN], accelerators=1, annotations=external), autoscaler({"name": name}))
    assert all(finding.severity == "info" and "adapter" in finding.message for finding in findings)


def test_a_name_of_its_own_by_an_adapter_is_passed_over() -> None:
    external = {"serving.kserve.io/autoscalerClass": "external"}
    service = endpoint([QWEN], accelerators=1, annotations=external)
    assert engine_findings(service, autoscaler({"name": "queue_depth"})) == ()


def test_a_recording_rule_that_begins_as_the_engines_metrics_do_is_passed_over() -> None:
    external = {"serving.kserve.io/autoscalerClass": "external"}
    service = endpoint([QWEN], accelerators=1, annotations=external)
    assert engine_findings(service, autoscaler({"name": "vllm:num_requests_waiting:avg5m"})) == ()


def test_nothing_is_claimed_about_a_model_that_nobody_knows() -> None:
    unknown = endpoint(
        ["--model=acme/unknown", "--tensor-parallel-size=7", "--max-model-len=9999999"], accelerators=7
    )
    assert rules_of(engine_findings(unknown)) == [("NS001", "warn")]


SGLANG = "lmsysorg/sglang:v0.5.23"


def sglang(*arguments: str, accelerators: int, image: str = SGLANG) -> ManifestObject:
    """Return an endpoint whose container starts SGLang with these arguments."""
    command = [
        "python3",
        "-m",
        "sglang.launch_server",
        "--port=8000",
        f"--model-path={QWEN.removeprefix('--model=')}",
    ]
    return endpoint([*command, *arguments], image=image, accelerators=accelerators)


@pytest.mark.parametrize("copies", [2, 4])
def test_attention_data_parallelism_of_sglang_needs_no_more_devices(copies: int) -> None:
    for arguments in (
        ["--tp=4", f"--dp={copies}", "--enable-dp-attention"],
        ["--tp=4", f"--attn-dp-size={copies}"],
    ):
        assert engine_findings(sglang(*arguments, accelerators=4)) == ()


def test_sglang_needs_no_expert_parallelism_either() -> None:
    assert engine_findings(sglang("--tp=4", "--dp=2", accelerators=8)) == ()


def test_more_ranks_than_kv_heads_are_no_error_in_sglang_either() -> None:
    assert engine_findings(sglang("--tp=16", accelerators=16)) == ()


def test_a_release_of_sglang_that_was_not_read_is_denied_no_option_it_may_have() -> None:
    newer = sglang("--tp=4", "--an-option-to-come", accelerators=4, image="lmsysorg/sglang:v0.9.0")
    latest = sglang("--tp=4", "--an-option-to-come", accelerators=4, image="lmsysorg/sglang:latest")
    assert [severity for _, severity in rules_of(engine_findings(newer))] in ([], ["warn"])
    assert rules_of(engine_findings(latest)) == [("NS302", "warn")]


@pytest.mark.parametrize("words", [["$(MODEL_ARGUMENT)"], ["--model-path", "$(MODEL)"], ["--model-path=$(MODEL)"]])
def test_a_model_that_a_variable_may_name_is_not_called_missing(words: list[str]) -> None:
    command = ["python3", "-m", "sglang.launch_server", "--port=8000", "--tp=4", *words]
    findings = engine_findings(endpoint(command, image=SGLANG, accelerators=4))
    assert "NS302" not in {rule for rule, _ in rules_of(findings)}


def test_a_runtime_need_not_name_the_model_that_its_services_add() -> None:
    runtime = manifest_from_mapping({
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ServingRuntime",
        "metadata": {"name": "sglang"},
        "spec": {
            "supportedModelFormats": [{"name": "sglang"}],
            "containers": [
                {
                    "name": "kserve-container",
                    "image": SGLANG,
                    "command": ["python3", "-m", "sglang.launch_server"],
                    "args": ["--port=8080"],
                }
            ],
        },
    })  # fmt: skip
    assert all(severity != "deny" for _, severity in rules_of(engine_findings(runtime)))


@pytest.mark.parametrize("model", ["deepseek-ai/DeepSeek-V3", "Qwen/Qwen3-Next-80B-A3B-Instruct"])
def test_the_dense_path_is_not_gone_from_every_mixture(model: str) -> None:
    experts = shipped(model).experts
    assert experts is not None
    assert experts.shared_intermediate_size > 0


def test_a_26b_model_does_not_fit_into_48_gb() -> None:
    labels = {"nvidia.com/gpu.product": "NVIDIA-L40S"}
    assert ("NS201", "deny") in rules_of(engine_findings(endpoint([GEMMA], accelerators=1, node_labels=labels)))


def test_utilisation_of_the_device_is_not_taken_for_proof_that_a_mixture_idles() -> None:
    external = {"serving.kserve.io/autoscalerClass": "external"}
    service = endpoint([QWEN], accelerators=1, annotations=external)
    (finding,) = engine_findings(service, autoscaler({"name": "DCGM_FI_DEV_GPU_UTIL"}))
    assert finding.rule == "NS402"
    assert "near 100 % under any load" in finding.message


TENSORRT_LLM = "nvcr.io/nvidia/tensorrt-llm/release:1.3.0rc3"
TEXT_GENERATION_INFERENCE = "ghcr.io/huggingface/text-generation-inference:3.3.7"


def tensorrt_llm(*arguments: str, accelerators: int) -> ManifestObject:
    """Return an endpoint whose container starts TensorRT-LLM with these arguments."""
    command = ["trtllm-serve", QWEN.removeprefix("--model="), "--port=8000"]
    return endpoint([*command, *arguments], image=TENSORRT_LLM, accelerators=accelerators)


def text_generation_inference(*arguments: str, accelerators: int) -> ManifestObject:
    """Return an endpoint whose container starts Text Generation Inference with these arguments."""
    command = ["text-generation-launcher", "--port=8000", f"--model-id={QWEN.removeprefix('--model=')}"]
    return endpoint([*command, *arguments], image=TEXT_GENERATION_INFERENCE, accelerators=accelerators)


@pytest.mark.parametrize("option", [[], ["--ep_size=4"], ["--ep_size=2"]])
def test_tensorrt_llm_needs_no_expert_parallelism_and_no_devices_beyond_its_tensor_parallel_size(
    option: list[str],
) -> None:
    assert engine_findings(tensorrt_llm("--tp_size=4", *option, accelerators=4)) == ()


def test_more_shards_than_one_are_no_error_for_a_mixture_on_text_generation_inference() -> None:
    findings = engine_findings(text_generation_inference("--num-shard=4", accelerators=4))
    assert rules_of(findings) == [("NS806", "info")]


def test_text_generation_inference_needs_no_number_of_shards() -> None:
    findings = engine_findings(text_generation_inference(accelerators=4))
    assert all(severity != "deny" for _, severity in rules_of(findings))


@pytest.mark.parametrize("options", [["--tp=4", "--ep-size=2"], ["--tp=4", "--ep-size=4"], ["--tp=4"]])
def test_expert_parallelism_of_sglang_needs_no_more_devices(options: list[str]) -> None:
    assert engine_findings(sglang(*options, accelerators=4)) == ()


def test_no_number_of_devices_is_claimed_where_they_are_claimed_as_resources() -> None:
    manifest = manifest_from_mapping({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "claimed"},
        "spec": {
            "selector": {"matchLabels": {"app": "claimed"}},
            "template": {
                "metadata": {"labels": {"app": "claimed"}},
                "spec": {
                    "resourceClaims": [{"name": "devices", "resourceClaimTemplateName": "four-devices"}],
                    "containers": [
                        {
                            "name": "engine",
                            "image": "vllm/vllm-openai:v0.33.0",
                            "args": [QWEN, "--tensor-parallel-size=4"],
                            "resources": {"claims": [{"name": "devices"}]},
                        }
                    ],
                },
            },
        },
    })  # fmt: skip
    assert "NS106" not in {rule for rule, _ in rules_of(engine_findings(manifest))}
