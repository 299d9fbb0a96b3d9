"""The declared quantisation: method, stored bits with their scales, exclusions."""

import json
from pathlib import Path
from typing import Any

import pytest

from neuroscale.architecture.model import Quantization
from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import InvalidInputError

FIXTURES = json.loads((Path(__file__).parent / "fixtures" / "quantization.json").read_text(encoding="utf-8"))


def _read(declared: dict[str, Any]) -> Quantization:
    quantization = read_architecture({"model_type": "llama", "quantization_config": declared}).quantization
    assert quantization is not None
    return quantization


@pytest.mark.parametrize("case", FIXTURES, ids=lambda case: case["case"])
def test_the_stored_format_is_read(case: dict[str, Any]) -> None:
    quantization = _read(case["quantization_config"])
    expected = case["expected"]
    assert quantization.method == expected["method"]
    assert quantization.weight_bits == pytest.approx(expected["weight_bits"])
    assert quantization.weight_block_size == (tuple(expected["block"]) if "block" in expected else None)
    assert quantization.group_size == expected.get("group_size")
    assert quantization.activation_scheme == expected.get("activation_scheme")
    assert quantization.kv_cache_type == expected.get("kv_cache_type")
    assert list(quantization.excluded_modules) == expected.get("excluded", [])


@pytest.mark.parametrize(
    ("targets", "named"),
    [
        (["Linear"], ()),
        (["re:.*self_attn.*"], ("re:.*self_attn.*",)),
        (["re:.*self_attn.*", "Linear"], ()),
        ([], ()),
    ],
)
def test_the_modules_of_one_format_are_named_unless_they_are_all(
    targets: list[str], named: tuple[str, ...]
) -> None:
    group = {"targets": targets, "weights": {"num_bits": 4, "group_size": 128, "type": "int"}}
    assert _read({"quant_method": "compressed-tensors", "config_groups": {"group_0": group}}).targets == named


def test_a_checkpoint_without_declaration_is_not_quantised() -> None:
    assert read_architecture({"model_type": "llama"}).quantization is None


def test_the_declaration_of_the_language_model_counts_for_the_whole() -> None:
    config = {"model_type": "gemma4", "text_config": {"quantization_config": {"quant_method": "mxfp4"}}}
    quantization = read_architecture(config).quantization
    assert quantization is not None
    assert quantization.method == "mxfp4"


@pytest.mark.parametrize(
    "declared",
    [
        {"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION"},
        {"quant_method": "never_heard_of"},
        {"quant_method": "awq"},
        {"quant_method": "gguf"},
    ],
)
def test_a_format_without_one_figure_has_no_bits_and_says_so(declared: dict[str, Any]) -> None:
    assert _read(declared).weight_bits is None
    architecture = read_architecture({"model_type": "llama", "quantization_config": declared})
    assert any("stored bits per weight" in sentence for sentence in architecture.unread)


@pytest.mark.parametrize(
    ("declared", "field"),
    [
        ({"quant_method": "fp8", "weight_block_size": [128]}, "quantization_config.weight_block_size"),
        ({"quant_method": "fp8", "weight_block_size": [0, 128]}, "quantization_config.weight_block_size[0]"),
        (
            {"quant_method": "fp8", "modules_to_not_convert": "lm_head"},
            "quantization_config.modules_to_not_convert",
        ),
        ({"quant_method": "gptq", "bits": "four"}, "quantization_config.bits"),
        ({"quant_method": 4}, "quantization_config.quant_method"),
        ({"quant_method": "gguf", "bits": 0}, "quantization_config.bits"),
        ({"quant_method": "gguf", "bits": float("nan")}, "quantization_config.bits"),
        (
            {"quant_method": "compressed-tensors", "config_groups": {"g": {"weights": {"num_bits": -4}}}},
            "quantization_config.config_groups.g.weights.num_bits",
        ),
        (
            {"quant_method": "compressed-tensors", "config_groups": {str(n): {} for n in range(100)}},
            "quantization_config.config_groups",
        ),
    ],
)
def test_a_malformed_declaration_is_refused_with_its_field(declared: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        _read(declared)
    assert refused.value.field == field


def test_a_mixture_of_formats_tells_which_modules_have_which() -> None:
    layers = {"layers.0.mlp": {"quant_algo": "FP8"}, "layers.1.mlp": {"quant_algo": "NVFP4"}}
    declared = {"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION", "quantized_layers": layers}
    quantization = _read(declared)
    assert quantization.weight_bits is None
    assert [(group.targets, group.weight_bits) for group in quantization.groups] == [
        (("layers.0.mlp",), 8.0),
        (("layers.1.mlp",), 4.5),
    ]
    assert read_architecture({"model_type": "llama", "quantization_config": declared}).unread == ()
