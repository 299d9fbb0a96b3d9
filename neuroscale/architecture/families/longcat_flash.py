"""LongCat-Flash: double layers of two latent attentions and two dense feed-forwards, with experts beside the first.

`num_layers` counts the double layers; each half is a layer here, as it is one for the cache. The router also
chooses among `zero_expert_num` experts that pass their input on and have no weights. transformers allocates gate
and up projections for those, which no checkpoint stores and nothing computes with; vLLM allocates none.

LongCat-Flash-Lite (LongcatFlashNgramForCausalLM) joins the token embedding with hashed embeddings of the tokens
before: `emb_split_num` tables for every length from 2 to `emb_neighbor_num` tokens, each with a share of the hidden
size and a projection to it; the i-th has `ngram_vocab_size_ratio` vocabularies and 2i + 1 rows more.

Defined by LongcatFlashConfig of transformers and LongcatFlashForCausalLM of transformers and vLLM; source
LongCat-Flash, https://arxiv.org/abs/2509.01322.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    hidden_size,
    latent_attention,
    projection,
)
from neuroscale.architecture.decoder import (
    AttentionBlock,
    DenseBlock,
    ExpertsBlock,
    Extras,
    Family,
    LayerKind,
    UncountableError,
)
from neuroscale.architecture.fields import MAXIMUM_EXPERTS, MAXIMUM_LAYERS, MAXIMUM_VOCABULARY, Fields
from neuroscale.architecture.prediction import counted_layers_only
from neuroscale.errors import InvalidInputError

_NGRAM_CLASS = "LongcatFlashNgramForCausalLM"
_MAXIMUM_TABLES = 4096


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    double_layers = fields.integer("num_layers", maximum=MAXIMUM_LAYERS)
    halves = (LayerKind("latent", dense=True, experts=True), LayerKind("latent", dense=True, experts=False))
    return halves * double_layers


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    for name in ("router_bias", "attention_bias"):
        # transformers builds such a bias where the file says so and vLLM never does.
        if fields.flag(name):
            raise UncountableError(f"{name} is not covered")
    zero_experts = fields.optional_integer("zero_expert_num", maximum=MAXIMUM_EXPERTS) or 0
    block = expert_feed_forward(fields, kind, width="expert_ffn_hidden_size")
    choices = block.routed_experts + zero_experts
    return replace(
        block,
        router=projection(hidden_size(fields), choices),
        zero_experts=zero_experts,
        # Checkpoints number the double layers, not their halves.
        modules=(),
    )


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    return replace(latent_attention(fields, kind), modules=())


def _dense(fields: Fields, kind: LayerKind) -> DenseBlock:
    return replace(dense_feed_forward(fields, kind, width="ffn_hidden_size"), modules=())


def _ngram_embeddings(fields: Fields) -> Extras:
    """Return the tables of token groups and their projections; nothing when the configuration has none."""
    if _NGRAM_CLASS not in (fields.texts("architectures") or (_NGRAM_CLASS,)):
        return Extras()
    ratio = fields.optional_number("ngram_vocab_size_ratio", minimum=0, maximum=_MAXIMUM_TABLES)
    if ratio is None:
        return Extras()
    hidden, vocabulary = hidden_size(fields), fields.integer("vocab_size", maximum=MAXIMUM_VOCABULARY)
    neighbours = fields.integer("emb_neighbor_num", minimum=2, maximum=_MAXIMUM_TABLES)
    tables = fields.integer("emb_split_num", maximum=_MAXIMUM_TABLES) * (neighbours - 1)
    width = hidden // tables
    if not width:
        raise InvalidInputError(
            f"{tables} tables cannot share {hidden} hidden elements", field=fields.path("emb_split_num")
        )
    rows = sum(int(ratio * vocabulary + 2 * index + 1) for index in range(tables))
    return Extras(input_embedding=rows * width, other=tables * width * hidden)


LONGCAT_FLASH = Family(
    model_types=("longcat_flash",),
    class_names=("LongcatFlashForCausalLM", _NGRAM_CLASS),
    classes_without_type=("LongcatFlashForCausalLM", _NGRAM_CLASS),
    defaults={
        "vocab_size": 131072,
        "hidden_size": 6144,
        "num_layers": 28,
        "num_attention_heads": 64,
        "max_position_embeddings": 131072,
        "ffn_hidden_size": 12288,
        "q_lora_rank": 1536,
        "kv_lora_rank": 512,
        "qk_nope_head_dim": 128,
        "qk_rope_head_dim": 64,
        "v_head_dim": 128,
        "moe_topk": 12,
        "n_routed_experts": 512,
        "zero_expert_num": 256,
        "expert_ffn_hidden_size": 2048,
    },
    layers=_layers,
    attention=_attention,
    dense=_dense,
    experts=_experts,
    extras=_ngram_embeddings,
    can_tie=False,
    prediction=counted_layers_only,
    aliases={
        "ffn_hidden_size": ("intermediate_size",),
        "expert_ffn_hidden_size": ("moe_intermediate_size",),
    },
)

FAMILIES = (LONGCAT_FLASH,)
