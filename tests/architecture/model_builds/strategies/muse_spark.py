"""Muse Spark: experts in a width of their own, a vision tower and a pyramid of convolutions for sound."""

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
    per_layer,
    vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.gemma4 import STATED_TEXT


@st.composite
def _texts(draw: st.DrawFn) -> Config:
    layers = draw(st.integers(min_value=1, max_value=6))
    shape = draw(merged(head_shapes(), choices("num_local_experts")))
    required = {
        "num_hidden_layers": st.just(layers),
        "intermediate_size": widths,
        "moe_intermediate_size": widths,
        "moe_hidden_size": widths,
        "vocab_size": vocabularies,
    }
    optional = {
        "layer_types": per_layer(st.sampled_from(["full_attention", "sliding_attention"]), layers),
        "mlp_layer_types": per_layer(st.sampled_from(["dense", "sparse"]), layers),
        "attention_bias": flags,
    }
    return shape | draw(fields(required, optional))


@st.composite
def _vision_towers(draw: st.DrawFn) -> Config:
    heads = draw(st.sampled_from([1, 2]))
    return {
        "hidden_size": heads * draw(st.sampled_from([8, 16])),
        "num_attention_heads": heads,
        "intermediate_size": draw(widths),
        "num_hidden_layers": draw(st.integers(min_value=1, max_value=3)),
        "patch_size": draw(st.sampled_from([2, 4])),
        "patch_temporal": draw(st.sampled_from([1, 2])),
        "pos_emb_height": draw(st.sampled_from([2, 4])),
        "pos_emb_width": draw(st.sampled_from([2, 4])),
    }


@st.composite
def _audio_towers(draw: st.DrawFn, output: int) -> Config:
    levels = draw(st.integers(min_value=1, max_value=3))
    return {
        "num_hidden_layers": levels,
        "patch_sizes": draw(per_layer(st.sampled_from([2, 3, 4]), levels)),
        "hidden_sizes": draw(per_layer(widths, levels)),
        "depths": draw(per_layer(st.integers(min_value=1, max_value=3), levels)),
        "mlp_ratio": draw(st.sampled_from([2.0, 2.5, 4.0])),
        "conv_kernel_size": draw(st.sampled_from([3, 5])),
        "out_hidden_size": output,
    }


@st.composite
def _wholes(draw: st.DrawFn) -> Config:
    text = draw(_texts())
    optional = {
        "out_hidden_size": widths,
        "projector_hidden_size": widths,
        "vision_config": _vision_towers(),
    }
    return {"text_config": text, "audio_config": draw(_audio_towers(text["hidden_size"]))} | draw(
        fields({}, optional)
    )


BUILDS = {
    "muse_spark": Builds(
        _wholes(),
        ComponentNames(
            vision_tower=r"vision_tower|vision_adapter|vision_projection",
            routed_experts=r"\.experts\.(gate_up_proj|down_proj)",
            router=r"\.mlp\.gate\.weight",
        ),
        default=STATED_TEXT,
    )
}
