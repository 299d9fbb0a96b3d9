"""Nemotron-H: layers of one mixer each, spelt by letter or by name, experts in a latent width or not."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    head_shapes,
    merged,
    vocabularies,
    widths,
)

NAMES = ComponentNames(router=r"\.mixer\.gate\.")
_LETTERS = {"M": "linear_attention", "E": "moe", "*": "full_attention", "-": "mlp"}


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    letters = draw(st.lists(st.sampled_from(sorted(_LETTERS)), min_size=1, max_size=7))
    match draw(st.sampled_from(["letters", "names", "types"])):
        case "letters":
            return {"hybrid_override_pattern": "".join(letters), "num_hidden_layers": len(letters)}
        case "names":
            return {"layers_block_type": [_LETTERS[letter] for letter in letters]}
        case _:
            return {"layer_types": [_LETTERS[letter] for letter in letters]}


@st.composite
def _mamba_heads(draw: st.DrawFn) -> Config:
    groups = draw(st.sampled_from([1, 2]))
    return {
        draw(st.sampled_from(["n_groups", "mamba_n_groups"])): groups,
        "mamba_num_heads": groups * draw(st.sampled_from([1, 2])),
        "mamba_head_dim": draw(st.sampled_from([4, 8])),
        "ssm_state_size": draw(st.sampled_from([4, 16])),
        draw(st.sampled_from(["conv_kernel", "mamba_d_conv"])): draw(st.sampled_from([2, 4])),
        draw(st.sampled_from(["use_conv_bias", "mamba_conv_bias"])): draw(flags),
    }


TEXT = merged(
    head_shapes(),
    _layers(),
    _mamba_heads(),
    st.one_of(choices("n_routed_experts"), choices("num_local_experts")),
    fields(
        {
            "intermediate_size": widths,
            "moe_intermediate_size": widths,
            "moe_shared_expert_intermediate_size": widths,
            "vocab_size": vocabularies,
            "head_dim": st.sampled_from([4, 8]),
        },
        {
            "moe_latent_size": st.sampled_from([None, 8, 16]),
            "mlp_bias": flags,
            "use_bias": flags,
            "attention_bias": flags,
            "num_nextn_predict_layers": st.sampled_from([0, 1]),
        },
    ),
)

BUILDS = {
    "nemotron_h": Builds(
        TEXT,
        NAMES,
        # A configuration that does not state its layers is read as incomplete.
        default={"hybrid_override_pattern": "ME*-"},
    )
}
