"""The spellings of a linear module in the checkpoints of different families."""

from functools import cache

# Where the modules of a component stand below their layer.
_CONTAINERS = {
    "self_attn": ("self_attn", "attn", "attention", "self_attention", "mixer"),
    "linear_attn": ("linear_attn", "mixer"),
    "mixer": ("mixer", "mamba"),
    "mlp.shared_experts": (
        "mlp.shared_experts",
        "mlp.shared_expert",
        "mlp.shared_mlp",
        "block_sparse_moe.shared_experts",
        "feed_forward.shared_expert",
        "ffn.shared_experts",
        "mixer.shared_experts",
        "shared_mlp",
        "share_expert",
    ),
    "mlp.experts.0": (
        "mlp.experts.0",
        "block_sparse_moe.experts.0",
        "feed_forward.experts.0",
        "ffn.experts.0",
        "mixer.experts.0",
        "moe.experts.0",
        "experts.0",
    ),
    "mlp": ("mlp", "feed_forward", "ffn", "mixer"),
}
# Projections that checkpoints or engines store as one, or number.
_PROJECTIONS = {
    "q_proj": ("q_proj", "qkv_proj"),
    "k_proj": ("k_proj", "qkv_proj"),
    "v_proj": ("v_proj", "qkv_proj"),
    "gate_proj": ("gate_proj", "gate_up_proj", "w1"),
    "up_proj": ("up_proj", "gate_up_proj", "w3"),
    "down_proj": ("down_proj", "w2"),
    "in_proj_qkv": ("in_proj_qkv", "in_proj_qkvz"),
    "in_proj_z": ("in_proj_z", "in_proj_qkvz"),
    "in_proj_b": ("in_proj_b", "in_proj_ba"),
    "in_proj_a": ("in_proj_a", "in_proj_ba"),
}


@cache
def spellings(name: str) -> tuple[str, ...]:
    """Return the names under which a checkpoint may know a module, below its layer; the given one first."""
    container, _, projection = name.rpartition(".")
    return tuple(
        f"{place}.{spelling}"
        for place in _CONTAINERS.get(container, (container,))
        for spelling in _PROJECTIONS.get(projection, (projection,))
    )
