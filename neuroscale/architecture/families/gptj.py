"""GPT-J and CodeGen: attention without biases beside a feed-forward with them, one norm, and a bias on the head.

Defined by GPTJConfig, CodeGenConfig and their model classes of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, multi_head_attention
from neuroscale.architecture.decoder import no_extras
from neuroscale.architecture.families.gpt2 import GPT2

_attention = partial(multi_head_attention, input_bias=False, output_bias=False)

GPTJ = replace(
    GPT2,
    model_types=("gptj",),
    class_names=("GPTJForCausalLM",),
    defaults={
        "vocab_size": 50400,
        "hidden_size": 4096,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "max_position_embeddings": 2048,
    },
    attention=partial(
        _attention, modules=tuple(f"attn.{name}" for name in ("q_proj", "k_proj", "v_proj", "out_proj"))
    ),
    dense=partial(
        dense_feed_forward,
        width="n_inner",
        bias=True,
        matrices=2,
        times_hidden=4,
        modules=("mlp.fc_in", "mlp.fc_out"),
    ),
    norms_per_layer=1,
    extras=no_extras,
    head_bias=True,
)

CODEGEN = replace(
    GPTJ,
    model_types=("codegen",),
    class_names=("CodeGenForCausalLM",),
    attention=partial(_attention, modules=("attn.qkv_proj", "attn.out_proj")),
)

FAMILIES = (GPTJ, CODEGEN)
