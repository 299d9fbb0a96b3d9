"""The language model of Llama 4."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    head_shapes,
    layer_counts,
    merged,
    per_layer,
    vocabularies,
    widths,
)


@st.composite
def llama4_layers(draw: st.DrawFn) -> Config:
    """Draw which layers attend in chunks and which hold experts, in each of the ways to say so."""
    layers = draw(layer_counts)
    drawn: Config = {"num_hidden_layers": layers}
    match draw(st.sampled_from(["types", "rotary", "interval", "left out"])):
        case "types":
            drawn["layer_types"] = draw(per_layer(st.sampled_from(["full_attention", "chunked_attention"]), layers))
        case "rotary":
            drawn["no_rope_layers"] = draw(st.one_of(st.just([]), per_layer(st.sampled_from([0, 1]), layers)))
        case "interval":
            drawn["no_rope_layer_interval"] = draw(st.sampled_from([1, 2, 3]))
    match draw(st.sampled_from(["listed", "step", "left out"])):
        case "listed":
            drawn["moe_layers"] = draw(st.lists(st.integers(min_value=0, max_value=layers - 1), unique=True))
        case "step":
            drawn["interleave_moe_layer_step"] = draw(st.sampled_from([1, 2, 3]))
    return drawn


llama4_text = merged(
    llama4_layers(),
    head_shapes(),
    choices("num_local_experts"),
    fields(
        {"intermediate_size": widths, "intermediate_size_mlp": widths, "vocab_size": vocabularies},
        {
            "tie_word_embeddings": flags,
            "attention_bias": flags,
            "attention_chunk_size": st.sampled_from([16, 64]),
            # None of its weights is learned.
            "use_qk_norm": flags,
        },
    ),
)

BUILDS = {"llama4_text": Builds(llama4_text)}
