"""Which linear modules a checkpoint's list of names speaks about."""

import pytest

from neuroscale.architecture.model import LinearComponent, LinearModules
from neuroscale.sizing.module_patterns import ModulePatterns

LAYERS = 3
EVERY = (0, 1, 2)


def _answers(component: LinearComponent, name: str, patterns: list[str]) -> tuple[int, int]:
    """Return in how many of three layers the module is named for certain, and possibly."""
    answers = ModulePatterns(patterns).layers_by_answer(LinearModules(component, name, 1, EVERY))
    assert sum(answers.values()) == LAYERS
    return answers["named"], answers["possible"]


@pytest.mark.parametrize(
    ("name", "patterns", "named", "possible"),
    [
        ("self_attn.q_proj", ["model.layers.*.self_attn"], 3, 0),
        ("self_attn.q_proj", [f"model.language_model.layers.{layer}.self_attn*" for layer in EVERY], 3, 0),
        ("self_attn.q_proj", ["model.layers.0.self_attn*"], 1, 0),
        ("self_attn.q_proj", ["model.layers.1*"], 1, 0),
        ("self_attn.q_proj", ["model.layers.1"], 1, 0),
        ("self_attn.q_proj", ["model.layers.12*"], 0, 0),
        ("self_attn.q_proj", ["re:.*self_attn.*"], 3, 0),
        ("self_attn.q_proj", ["re:^model\\.layers\\.0\\.self_attn.*"], 0, 0),
        ("self_attn.q_proj", ["re:.*layers\\.0\\.self_attn.*"], 1, 0),
        ("self_attn.q_proj", ["self_attn"], 3, 0),
        ("self_attn.q_proj", ["*.attn.*"], 3, 0),
        ("self_attn.q_proj", ["*self_attn*"], 3, 0),
        ("self_attn.q_proj", ["lm_head", "mlp.gate"], 0, 0),
        ("self_attn.q_proj", ["self_attn.qkv_proj"], 3, 0),
        ("self_attn.q_proj", [f"model.layers.{layer}.self_attn.k_proj" for layer in EVERY], 0, 0),
        ("self_attn.kv_b_proj", [f"model.layers.{layer}.self_attn.kv_b_proj" for layer in EVERY], 3, 0),
        ("linear_attn.in_proj_z", ["model.layers.0.linear_attn.in_proj_qkvz"], 1, 0),
        ("self_attn.q_proj", ["mtp.layers.0*", "vision_tower.encoder.layers.1.self_attn"], 0, 0),
        ("self_attn.q_proj", ["model.visual.blocks.0*", "mtp*"], 0, 0),
    ],
)
def test_what_a_list_says_about_attention(name: str, patterns: list[str], named: int, possible: int) -> None:
    assert _answers("attention", name, patterns) == (named, possible)


@pytest.mark.parametrize(
    ("component", "name", "patterns", "named", "possible"),
    [
        ("dense_feed_forward", "mlp.gate_proj", ["re:.*mlp\\.(gate|up|gate_up|down)_proj.*"], 3, 0),
        ("dense_feed_forward", "mlp.gate_proj", ["model.layers.0.mlp.gate"], 0, 0),
        ("dense_feed_forward", "mlp.gate_proj", ["gate"], 0, 0),
        ("dense_feed_forward", "mlp.down_proj", ["feed_forward.w2"], 3, 0),
        ("shared_experts", "mlp.shared_experts.up_proj", ["re:.*shared_experts.*"], 3, 0),
        ("shared_experts", "mlp.shared_experts.up_proj", ["*.mlp.shared_experts.*"], 3, 0),
        ("shared_experts", "mlp.shared_experts.up_proj", ["model.layers.2.mlp.shared_expert*"], 1, 0),
        ("routed_experts", "mlp.experts.0.up_proj", ["re:.*shared_experts.*"], 0, 0),
        ("routed_experts", "mlp.experts.0.up_proj", ["model.layers.*.mlp.experts"], 3, 0),
        ("routed_experts", "mlp.experts.0.up_proj", ["model.layers.1.block_sparse_moe.experts*"], 1, 0),
        ("routed_experts", "mlp.experts.0.up_proj", ["model.layers.0*"], 1, 0),
        ("routed_experts", "mlp.experts.0.up_proj", ["model.layers.0.mlp*", "mlp.gate"], 0, 1),
        ("routed_experts", "experts.0.up_proj", ["model.layers.0.mlp*"], 0, 0),
    ],
)
def test_what_a_list_says_about_feed_forwards(
    component: LinearComponent, name: str, patterns: list[str], named: int, possible: int
) -> None:
    assert _answers(component, name, patterns) == (named, possible)


@pytest.mark.parametrize(
    "pattern", ["re:(unclosed", "re:(.*attn)+x", "re:.*.*.*.*attn", "re:^(?!.*experts).*", "re:[a-z]+"]
)
def test_an_expression_that_is_not_read_may_name_anything(pattern: str) -> None:
    assert _answers("attention", "self_attn.q_proj", [pattern]) == (0, 3)


def test_a_broken_wildcard_names_nothing() -> None:
    assert _answers("attention", "self_attn.q_proj", ["[unclosed", ""]) == (0, 0)
