"""GPT-J and CodeGen: attention without biases beside a feed-forward with them, one norm, and a bias on the head.

Defined by GPTJConfig, CodeGenConfig and their model classes of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import multi_head_attention
from neuroscale.architecture.decoder import no_extras
from neuroscale.architecture.families.gpt2 import GPT2

GPTJ = replace(
    GPT2,
    model_types=("gptj", "codegen"),
    class_names=("GPTJForCausalLM", "CodeGenForCausalLM"),
    defaults={
        "vocab_size": 50400,
        "hidden_size": 4096,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "max_position_embeddings": 2048,
    },
    attention=partial(multi_head_attention, input_bias=False, output_bias=False),
    norms_per_layer=1,
    extras=no_extras,
    head_bias=True,
)

FAMILIES = (GPTJ,)
