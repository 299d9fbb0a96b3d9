"""Step 3.5: the language model of Step 3.7 alone, in the spelling of its published files.

Without `use_head_wise_attn_gate` it would lack the gate per head, which no published file does. Defined by
Step3p5ForCausalLM of vLLM 0.33.0, which reads it with Step3p7TextConfig.
"""

from dataclasses import replace

from neuroscale.architecture.decoder import LayerKind, UncountableError
from neuroscale.architecture.families.step3p7 import STEP3P7
from neuroscale.architecture.fields import Fields


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    if not fields.flag("use_head_wise_attn_gate"):
        raise UncountableError("attention without a gate per head (use_head_wise_attn_gate) is not covered")
    return tuple(STEP3P7.layers(fields))


STEP3P5 = replace(
    STEP3P7,
    model_types=("step3p5",),
    class_names=("Step3p5ForCausalLM",),
    defaults={**STEP3P7.defaults, "use_head_wise_attn_gate": True},
    layers=_layers,
    text_field=None,
    root_defaults=None,
    vision=None,
    can_tie=False,
    aliases={**STEP3P7.aliases, "n_routed_experts": ("moe_num_experts",), "num_experts_per_tok": ("moe_top_k",)},
)

FAMILIES = (STEP3P5,)
