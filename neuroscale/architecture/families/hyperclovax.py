"""HyperCLOVA X: Llama with two further norms per layer unless `use_post_norm` is switched off.

Defined by HyperCLOVAXConfig and HyperCLOVAXForCausalLM of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.families.llama import LLAMA

HYPERCLOVAX = replace(
    LLAMA,
    model_types=("hyperclovax",),
    class_names=("HyperCLOVAXForCausalLM",),
    defaults={**LLAMA.defaults, "use_post_norm": True},
    norms_per_layer=lambda fields, _kind: 4 if fields.flag("use_post_norm") else 2,
)

FAMILIES = (HYPERCLOVAX,)
