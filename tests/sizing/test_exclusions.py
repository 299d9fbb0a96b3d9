"""Which parts of a model a checkpoint's list of exclusions keeps in their original precision."""

import pytest

from neuroscale.sizing.exclusions import Component, exclusion

_LAYERS = 3


@pytest.mark.parametrize(
    ("component", "patterns", "is_whole", "is_possible"),
    [
        ("attention", ["model.layers.*.self_attn"], True, True),
        ("attention", [f"model.language_model.layers.{layer}.self_attn*" for layer in range(_LAYERS)], True, True),
        ("attention", ["model.layers.0.self_attn*"], False, True),
        ("attention", ["re:.*self_attn.*"], True, True),
        ("attention", ["re:^model\\.layers\\.0\\.self_attn.*"], False, True),
        ("attention", ["self_attn"], True, True),
        ("attention", ["lm_head", "mlp.gate"], False, False),
        ("attention", [f"model.layers.{layer}.self_attn.q_proj" for layer in range(_LAYERS)], False, True),
        ("dense_feed_forward", ["re:.*mlp\\.(gate|up|gate_up|down)_proj.*"], True, True),
        ("dense_feed_forward", ["model.layers.0.mlp.gate"], False, False),
        ("shared_experts", ["re:.*shared_experts.*"], True, True),
        ("shared_experts", ["*.mlp.shared_experts.*"], True, True),
        ("routed_experts", ["re:.*shared_experts.*"], False, False),
        ("routed_experts", [f"model.layers.{layer}.mlp*" for layer in range(_LAYERS)], False, False),
        ("routed_experts", ["model.layers.*.mlp.experts"], True, True),
        ("output_head", ["lm_head"], True, True),
        ("output_head", ["language_model.lm_head"], True, True),
        ("output_head", [], False, False),
        ("attention", ["re:(unclosed"], False, False),
        ("attention", ["[unclosed", ""], False, False),
        ("attention", ["re:(.*attn)+x"], False, True),
        ("attention", ["re:.*.*.*.*attn"], False, True),
        ("routed_experts", ["re:^(?!.*experts).*"], False, True),
        ("output_head", ["re:.*lm_head$"], True, True),
        ("attention", ["re:model\\.layers\\.\\d+\\.self_attn\\..*"], False, True),
    ],
)
def test_what_a_list_of_exclusions_says(
    component: Component, patterns: list[str], is_whole: bool, is_possible: bool
) -> None:
    read = exclusion(component, tuple(patterns), _LAYERS)
    assert (read.is_whole, read.is_possible) == (is_whole, is_possible)
