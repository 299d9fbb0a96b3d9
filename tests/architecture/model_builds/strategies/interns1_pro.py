"""Intern-S1 Pro and Intern-S2 Mobius, built by vLLM."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    merged,
    padded_vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.interns2_preview import TEXT as QWEN3_5_TEXT
from tests.architecture.model_builds.strategies.interns2_preview import tower
from tests.architecture.model_builds.strategies.llama_shaped import READ_BY_ENGINE


@st.composite
def _heads(draw: st.DrawFn) -> Config:
    kv_heads = draw(st.sampled_from([1, 2, 3]))
    return {
        "hidden_size": draw(widths),
        "num_attention_heads": kv_heads * draw(st.sampled_from([1, 2])),
        "num_key_value_heads": kv_heads,
        "head_dim": draw(st.sampled_from([16, 32, 64])),
    }


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(st.integers(1, 5))
    step = draw(st.sampled_from([1, 1, 2]))
    sparse = [index for index in range(layers) if (index + 1) % step == 0]
    only = draw(st.sets(st.integers(0, layers - 1), max_size=2))
    # The class needs a layer with experts.
    kept = [index for index in only if set(sparse) - {index}]
    layers = layers if sparse else step
    return {
        "num_hidden_layers": layers,
        "decoder_sparse_step": step,
        "mlp_only_layers": kept[:1] if len(sparse) > 1 else [],
    }


@st.composite
def _rotation(draw: st.DrawFn) -> Config:
    rotation = {
        "rope_type": "default",
        "fope_init_factor": 0.5,
        "fope_sep_head": True,
        "num_inv_freq": draw(st.sampled_from([None, None, 4, 5])),
    }
    return {
        "rope_scaling": rotation,
        "rope_theta": draw(st.sampled_from([1000.0, 10000.0, 5000000.0])),
        "max_position_embeddings": draw(st.sampled_from([64, 512, 4096])),
    }


_PRO_TEXT = merged(
    st.just({**READ_BY_ENGINE, "model_type": "interns1_pro_text", "norm_topk_prob": True}),
    _heads(),
    _layers(),
    choices("num_experts"),
    _rotation(),
    fields(
        {
            "intermediate_size": widths,
            "moe_intermediate_size": widths,
            "vocab_size": padded_vocabularies,
            "tie_word_embeddings": st.just(False),
            "attention_bias": flags,
        }
    ),
)


@st.composite
def _banks(draw: st.DrawFn, text: Config) -> Config:
    layers = text["num_hidden_layers"]
    drawn = {
        "linear_conv_kernel_dim": 4,
        **text,
        "num_blocks": draw(st.integers(1, layers)),
        "model_type": "interns2_mobius_text",
    }
    drawn["layer_types"] = draw(
        st.lists(st.sampled_from(["linear_attention", "full_attention"]), min_size=layers, max_size=layers)
    )
    if draw(flags):
        drawn["layer_scale"] = draw(flags)
    return drawn


_NAMES = ComponentNames(router=r"\.mlp\.gate\.|meta_mlp\.\d+\.gate\.")


def _builds(
    text: st.SearchStrategy[Config], vision: st.SearchStrategy[Config], class_name: str, **further: object
) -> Builds:
    root = {
        "text_config": text,
        "vision_config": vision,
        "tie_word_embeddings": st.just(False),
        **{name: st.just(value) for name, value in further.items()},
    }
    return Builds(fields(root), _NAMES, class_names=(class_name,), default=None, library="vllm")


BUILDS = {
    "interns1_pro": _builds(
        _PRO_TEXT, tower("interns1_pro_vision", deep=True), "InternS1ProForConditionalGeneration"
    ),
    "interns2_mobius": _builds(
        QWEN3_5_TEXT.flatmap(_banks),
        tower("interns2_mobius_vision"),
        "InternS2MobiusForConditionalGeneration",
        image_token_id=3,
    ),
}
