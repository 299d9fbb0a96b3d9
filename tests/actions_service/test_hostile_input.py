"""Whatever is sent, the service answers as it answers a bad request: never with a fault of its own."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions_service.actions import ACTIONS
from neuroscale.architecture.catalogue import load_catalogue
from tests.actions_service.serving import GEMMA, Client, invocation, open_settings, serving

_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from([GEMMA, "h100-80gb-sxm", "vllm@0.33.0", "llama", "", "a/b", "default", "production"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)

_CONFIG_FIELDS = st.sampled_from(
    [
        "model_type", "architectures", "hidden_size", "num_hidden_layers", "num_attention_heads",
        "num_key_value_heads", "head_dim", "vocab_size", "intermediate_size", "moe_intermediate_size",
        "num_experts", "num_local_experts", "n_routed_experts", "num_experts_per_tok", "quantization_config",
        "max_position_embeddings", "rope_scaling", "text_config", "vision_config", "layer_types", "torch_dtype",
        "sliding_window", "tie_word_embeddings",
    ]
)  # fmt: skip
_FAMILIES = st.sampled_from(
    ["llama", "mistral", "mixtral", "qwen2", "qwen2_moe", "qwen3", "qwen3_moe", "deepseek_v2", "deepseek_v3",
     "gpt_oss", "gemma4", "unheard-of"]
)  # fmt: skip
# Configurations of real models in which a few fields are anything.
_REAL = [
    load_catalogue().entry(name) for name in ("Qwen/Qwen3-32B", "deepseek-ai/DeepSeek-V3", "openai/gpt-oss-20b")
]
_CHANGES = st.dictionaries(_CONFIG_FIELDS, _VALUES, max_size=2)
_CONFIGS = st.builds(
    lambda config, family: {**config, "model_type": family},
    st.dictionaries(_CONFIG_FIELDS, _VALUES, max_size=12),
    _FAMILIES,
) | st.builds(
    lambda config, changes: {**config, **changes}, st.sampled_from([dict(e.config) for e in _REAL if e]), _CHANGES
)

_MANIFESTS = st.builds(
    lambda kind, spec, metadata: json.dumps({**kind, "metadata": metadata, "spec": spec}),
    st.sampled_from(
        [
            {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService"},
            {"apiVersion": "serving.kserve.io/v1alpha1", "kind": "LLMInferenceService"},
            {"apiVersion": "serving.kserve.io/v1alpha1", "kind": "ClusterServingRuntime"},
            {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject"},
            {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"},
        ]
    ),
    st.dictionaries(st.sampled_from(["predictor", "containers", "scaleTargetRef", "metrics", "model"]), _VALUES),
    st.dictionaries(st.sampled_from(["name", "namespace", "labels", "annotations"]), _VALUES),
)
_FILES = st.lists(
    st.fixed_dictionaries({"path": st.text(max_size=10), "content": _MANIFESTS | st.text(max_size=80)}), max_size=3
)

_FIELDS: dict[str, st.SearchStrategy[Any]] = {"config": _CONFIGS, "files": _FILES, "context": _FILES}


def inputs(action: str) -> st.SearchStrategy[Any]:
    """Return inputs that look like an action's, and anything at all."""
    names = list(ACTIONS[action].input_schema["properties"])
    likely = st.fixed_dictionaries({}, optional={name: _FIELDS.get(name, _VALUES) | _VALUES for name in names})
    return likely | _VALUES


@pytest.fixture(scope="module")
def runner() -> Iterator[tuple[asyncio.Runner, Client]]:
    """One service for all generated requests; hypothesis calls plain functions."""
    with asyncio.Runner() as runner:
        context = serving(open_settings())
        client = runner.run(context.__aenter__())
        yield runner, client
        runner.run(context.__aexit__(None, None, None))


@pytest.mark.parametrize("action", ACTIONS)
def test_no_json_value_is_a_fault(runner: tuple[asyncio.Runner, Client], action: str) -> None:
    loop, client = runner

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(inputs(action), st.sampled_from([f"/v1/actions/{action}", invocation(action), invocation(action, "v2")]))
    def answers(value: Any, path: str) -> None:
        body = {"input": value} if path.startswith("/api") and "/v2/" in path else value
        response = loop.run(client.post(path, data=json.dumps(body), headers={"Content-Type": "application/json"}))
        text = loop.run(response.text())
        assert response.status in {200, 422}, (value, text)

    answers()


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=200))
def test_no_bytes_are_a_fault(runner: tuple[asyncio.Runner, Client], body: bytes) -> None:
    loop, client = runner
    response = loop.run(
        client.post("/v1/actions/inspect-model", data=body, headers={"Content-Type": "application/json"})
    )
    assert response.status in {400, 422}
