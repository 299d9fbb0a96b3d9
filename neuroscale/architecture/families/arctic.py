"""Arctic: every `moe_layer_frequency`-th layer has experts, and beside them a dense feed-forward and its norm.

The feed-forward beside the experts is as wide as the hidden size and built with `use_residual`, which the published
class calls `parallel_attn_mlp_res`; files state both. Layers without experts have a feed-forward of
`intermediate_size`, the width of an expert.

The class defaults are those of the configuration that came with the published weights
(`configuration_arctic.py`); defined by ArcticForCausalLM of vLLM 0.28.0, the last release with it.
"""

from neuroscale.architecture.blocks import dense_feed_forward
from neuroscale.architecture.decoder import DenseBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.families.llama_shaped import derived_head_attention
from neuroscale.architecture.families.mixtral import block_sparse_experts
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import layer_count

_BESIDE_EXPERTS = "beside experts"


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    stated = [fields.value(name)[1] for name in ("use_residual", "parallel_attn_mlp_res")]
    if None in stated or stated[0] != stated[1]:
        raise UncountableError(
            "whether a feed-forward stands beside the experts is not certain: use_residual and"
            " parallel_attn_mlp_res do not say the same"
        )
    period = fields.integer("moe_layer_frequency", maximum=MAXIMUM_LAYERS)
    beside = fields.flag("use_residual")
    sparse = LayerKind("full", dense=beside, experts=True, variant=_BESIDE_EXPERTS if beside else "")
    dense = LayerKind("full", dense=True, experts=False)
    return tuple(dense if (index + 1) % period else sparse for index in range(layer_count(fields)))


def _dense(fields: Fields, kind: LayerKind) -> DenseBlock:
    beside = kind.variant == _BESIDE_EXPERTS
    module = "residual_mlp" if beside else "block_sparse_moe.mlp"
    return dense_feed_forward(
        fields,
        kind,
        width="hidden_size" if beside else "intermediate_size",
        modules=tuple(f"{module}.{name}" for name in ("w1", "w3", "w2")),
    )


def _norms(_fields: Fields, kind: LayerKind) -> int:
    return 3 if kind.variant == _BESIDE_EXPERTS else 2


ARCTIC = Family(
    model_types=("arctic",),
    class_names=("ArcticForCausalLM",),
    defaults={
        "vocab_size": 32000,
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "max_position_embeddings": 4096,
        "num_local_experts": 8,
        "num_experts_per_tok": 1,
        "moe_layer_frequency": 2,
    },
    layers=_layers,
    attention=derived_head_attention,
    dense=_dense,
    experts=block_sparse_experts,
    norms_per_layer=_norms,
)

FAMILIES = (ARCTIC,)
