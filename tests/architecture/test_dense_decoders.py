"""Dense decoders: what their layers keep per token, what their modules are called, and what is refused.

Counts, names and sizes are those of the classes of transformers, built at these configurations.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import InvalidInputError

FIXTURES = Path(__file__).parent / "fixtures"


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FIXTURES / name).read_text("utf-8").splitlines()]


PUBLISHED = _rows("dense_decoders.jsonl")
BUILT_AT_DEFAULTS = _rows("dense_modules.jsonl")


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda published: published["name"])
def test_each_layer_keeps_what_its_kind_keeps(published: dict[str, Any]) -> None:
    assert _caches(read_architecture(published["config"])) == published["caches"]


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda published: published["name"])
def test_the_count_is_that_of_the_real_build(published: dict[str, Any]) -> None:
    parameters = read_architecture(published["config"]).parameters
    assert parameters is not None
    assert parameters.total == published["parameters"]


def _caches(architecture: ModelArchitecture) -> list[dict[str, Any]]:
    assert architecture.attention is not None
    groups = architecture.attention.groups
    assert all(group.key_elements_per_token == group.value_elements_per_token for group in groups)
    return [
        {
            "kind": group.kind,
            "layers": group.layers,
            "kv_heads": group.kv_heads,
            "elements": group.key_elements_per_token,
            "window_tokens": group.window_tokens,
        }
        for group in groups
    ]


@pytest.mark.parametrize("built", BUILT_AT_DEFAULTS, ids=lambda built: built["config"]["model_type"])
def test_linear_modules_have_the_names_and_sizes_of_the_real_build(built: dict[str, Any]) -> None:
    modules = read_architecture(built["config"]).linear_modules
    assert {module.name: [module.parameters, len(module.layers)] for module in modules} == built["modules"]


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        pytest.param(
            {"model_type": "gpt2", "add_cross_attention": True},
            "attention to an encoder (add_cross_attention)",
            id="GPT-2 as the decoder of an encoder",
        ),
        pytest.param(
            {"model_type": "hunyuan_v1_dense", "use_qk_norm": False},
            "(use_qk_norm)",
            id="Hunyuan without the norms of its class",
        ),
        pytest.param(
            {"model_type": "internlm3", "qkv_bias": True, "bias": False},
            "(qkv_bias apart from bias)",
            id="InternLM 3 with some biases",
        ),
        pytest.param(
            {"model_type": "exaone4", "sliding_window_pattern": "LLLG"},
            "(sliding_window_pattern)",
            id="EXAONE 4 with letters alone",
        ),
    ],
)
def test_what_no_class_builds_is_not_counted(config: dict[str, Any], reason: str) -> None:
    architecture = read_architecture(config)
    assert architecture.parameters is None
    assert any(reason in sentence for sentence in architecture.unread), architecture.unread


@pytest.mark.parametrize(
    "patterns",
    [
        "global",
        [["global", 24]],
        [[["global", "elsewhere"], 12]],
        [[["global"], "24"]],
        [[["global", "local"], 11]],
        [[["global", "local"], 10**30]],
        [[[], 10**30]],
    ],
    ids=str,
)
def test_layer_patterns_that_do_not_fit_the_layers_name_their_field(patterns: object) -> None:
    with pytest.raises(InvalidInputError, match="attention_types"):
        read_architecture({"model_type": "gpt_neo", "attention_types": patterns})


def test_heads_that_do_not_divide_the_hidden_size_are_an_error() -> None:
    with pytest.raises(InvalidInputError, match=r"n_head.*5 heads cannot share 768 hidden elements equally"):
        read_architecture({"model_type": "gpt2", "n_head": 5})


@pytest.mark.parametrize(("model_type", "factor"), [("apertus", 8.0), ("cwm", 16.0)])
def test_rope_scaling_of_the_class_is_known_where_the_file_is_silent(model_type: str, factor: float) -> None:
    context = read_architecture({"model_type": model_type}).context
    assert context is not None
    assert (context.rope_type, context.rope_factor, context.rope_original_tokens) == ("llama3", factor, 8192)
