"""DeepSeek-V2, DeepSeek-V3 and Kimi-K2: latent attention, dense first layers, then routed and shared experts.

Kimi-K2 names its own model type but is built with the DeepSeek-V3 class. The layers of `num_nextn_predict_layers`
draft tokens; they are stored beside the model and no count includes them, because engines load them only for
speculative decoding. V2 has a bias switch in its feed-forwards and V3 has none; the correction bias of the V3
router is a buffer, not a parameter.

Defined by DeepseekV2Config, DeepseekV3Config and their ForCausalLM classes of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    hidden_size,
    latent_attention,
    routed_experts,
    shared_experts_of_routed_width,
)
from neuroscale.architecture.decoder import ExpertsBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import dense_then_expert_layers, layer_count, repeated
from neuroscale.architecture.model import MultiTokenPrediction
from neuroscale.architecture.prediction import layers_with_copied_embeddings


def dense_first_layers(fields: Fields) -> tuple[LayerKind, ...]:
    """Return latent layers: dense up to `first_k_dense_replace`, experts in the others; all dense without any."""
    if fields.optional_integer("moe_layer_freq", maximum=MAXIMUM_LAYERS) not in {None, 1}:
        raise UncountableError("moe_layer_freq other than 1 is not known for this family")
    layers = layer_count(fields)
    dense = fields.optional_integer("first_k_dense_replace", maximum=MAXIMUM_LAYERS) or 0
    return dense_then_expert_layers(repeated("latent", layers), dense if routed_experts(fields) else layers)


deepseek_experts = partial(expert_feed_forward, shared_width=shared_experts_of_routed_width)


def deepseek_v2_experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    """Return the experts of DeepSeek-V2, whose shared ones have the bias of the dense feed-forward."""
    block = deepseek_experts(fields, kind)
    if not fields.flag("mlp_bias"):
        return block
    return replace(block, shared=block.shared + 2 * block.shared_intermediate_size + hidden_size(fields))


def _prediction(fields: Fields) -> MultiTokenPrediction | None:
    kind = LayerKind("latent", dense=False, experts=True)
    attention, experts = latent_attention(fields, kind), deepseek_experts(fields, kind)
    return layers_with_copied_embeddings(fields, attention, experts)


DEEPSEEK_V3 = Family(
    model_types=("deepseek_v3", "kimi_k2"),
    class_names=("DeepseekV3ForCausalLM",),
    defaults={
        "vocab_size": 129280,
        "hidden_size": 7168,
        "intermediate_size": 18432,
        "moe_intermediate_size": 2048,
        "num_hidden_layers": 61,
        "num_attention_heads": 128,
        "num_key_value_heads": 128,
        "n_shared_experts": 1,
        "n_routed_experts": 256,
        "num_experts_per_tok": 8,
        "first_k_dense_replace": 3,
        "kv_lora_rank": 512,
        "q_lora_rank": 1536,
        "qk_rope_head_dim": 64,
        "qk_nope_head_dim": 128,
        "v_head_dim": 128,
        "max_position_embeddings": 4096,
    },
    layers=dense_first_layers,
    attention=latent_attention,
    dense=dense_feed_forward,
    experts=deepseek_experts,
    prediction=_prediction,
)

DEEPSEEK_V2 = replace(
    DEEPSEEK_V3,
    model_types=("deepseek_v2",),
    class_names=("DeepseekV2ForCausalLM",),
    defaults={
        "vocab_size": 102400,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "moe_intermediate_size": 1407,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "n_shared_experts": 2,
        "n_routed_experts": 64,
        "first_k_dense_replace": 0,
        "kv_lora_rank": 512,
        "q_lora_rank": 1536,
        "qk_rope_head_dim": 64,
        "qk_nope_head_dim": 128,
        "v_head_dim": 128,
        "max_position_embeddings": 2048,
    },
    dense=partial(dense_feed_forward, bias="mlp_bias"),
    experts=deepseek_v2_experts,
    prediction=None,
)

FAMILIES = (DEEPSEEK_V2, DEEPSEEK_V3)
