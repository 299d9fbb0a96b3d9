"""Mamba, Falcon-Mamba and Mamba-2: each layer is one state-space mixer behind one norm; no layer attends.

The norms that Falcon-Mamba puts on time step, input and output of the state have no weights. Defined by
MambaConfig, FalconMambaConfig, Mamba2Config and their causal language models of transformers.
"""

from neuroscale.architecture.blocks import hidden_size
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.recurrent_blocks import mamba1_mixer, mamba2_mixer, time_step_rank
from neuroscale.errors import InvalidInputError


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    return (LayerKind("state-space", dense=False, experts=False),) * layer_count(fields)


def _mamba(fields: Fields, _kind: LayerKind) -> AttentionBlock:
    return mamba1_mixer(
        fields,
        inner=hidden_size(fields) * fields.integer("expand", maximum=MAXIMUM_HEADS),
        state=fields.integer("state_size", maximum=MAXIMUM_WIDTH),
        kernel=fields.integer("conv_kernel", maximum=MAXIMUM_WIDTH),
        rank=time_step_rank(fields, "time_step_rank"),
        projection_bias=fields.flag("use_bias"),
        convolution_bias=fields.flag("use_conv_bias"),
    )


def _mamba2(fields: Fields, _kind: LayerKind) -> AttentionBlock:
    heads = fields.integer("num_heads", maximum=MAXIMUM_HEADS)
    head = fields.integer("head_dim", maximum=MAXIMUM_WIDTH)
    inner = hidden_size(fields) * fields.integer("expand", maximum=MAXIMUM_HEADS)
    if heads * head != inner:
        raise InvalidInputError(
            f"{heads} heads of {head} elements do not make up a width of {inner}", field=fields.path("num_heads")
        )
    return mamba2_mixer(
        fields,
        heads=heads,
        head=head,
        groups=fields.integer("n_groups", maximum=MAXIMUM_HEADS),
        state=fields.integer("state_size", maximum=MAXIMUM_WIDTH),
        kernel=fields.integer("conv_kernel", maximum=MAXIMUM_WIDTH),
        projection_bias=fields.flag("use_bias"),
        convolution_bias=fields.flag("use_conv_bias"),
    )


MAMBA = Family(
    model_types=("mamba", "falcon_mamba"),
    class_names=("MambaForCausalLM", "FalconMambaForCausalLM"),
    defaults={
        "vocab_size": 50280,
        "hidden_size": 768,
        "state_size": 16,
        "num_hidden_layers": 32,
        "expand": 2,
        "conv_kernel": 4,
        "use_conv_bias": True,
        "time_step_rank": "auto",
        "tie_word_embeddings": True,
    },
    layers=_layers,
    attention=_mamba,
    norms_per_layer=1,
)

MAMBA2 = Family(
    model_types=("mamba2",),
    class_names=("Mamba2ForCausalLM",),
    defaults={
        "vocab_size": 32768,
        "hidden_size": 4096,
        "num_heads": 128,
        "head_dim": 64,
        "state_size": 128,
        "num_hidden_layers": 64,
        "expand": 2,
        "conv_kernel": 4,
        "n_groups": 8,
        "use_conv_bias": True,
    },
    layers=_layers,
    attention=_mamba2,
    norms_per_layer=1,
)

FAMILIES = (MAMBA, MAMBA2)
