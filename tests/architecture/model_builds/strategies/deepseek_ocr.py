"""DeepSeek-OCR 2 and Unlimited-OCR."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
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
from tests.architecture.model_builds.strategies.deepseek import shared_experts


@st.composite
def _layers(draw: st.DrawFn, *, stated: bool) -> Config:
    layers = draw(layer_counts)
    drawn: Config = {"num_hidden_layers": layers}
    if stated or draw(flags):
        drawn["mlp_layer_types"] = draw(per_layer(st.sampled_from(["dense", "sparse"]), layers))
    elif draw(flags):
        drawn["first_k_dense_replace"] = draw(st.integers(0, layers))
    return drawn


def _text(*, stated_layers: bool) -> st.SearchStrategy[Config]:
    return merged(
        head_shapes(head_dimension=False),
        _layers(stated=stated_layers),
        choices("n_routed_experts"),
        fields(
            {"vocab_size": vocabularies, "intermediate_size": widths, "moe_intermediate_size": widths},
            {"n_shared_experts": shared_experts, "attention_bias": flags, "mlp_bias": flags},
        ),
    )


@st.composite
def _sam(draw: st.DrawFn, intermediate: str) -> Config:
    heads = draw(st.sampled_from([1, 2]))
    drawn = draw(
        fields(
            {"hidden_size": st.just(heads * 8), "num_attention_heads": st.just(heads)},
            {
                "output_channels": widths,
                "num_hidden_layers": st.integers(1, 4),
                "num_channels": st.integers(1, 3),
                "qkv_bias": flags,
                "use_abs_pos": flags,
                "use_rel_pos": flags,
                "window_size": st.sampled_from([0, 2, 3]),
                "global_attn_indexes": st.lists(st.integers(0, 4), max_size=2, unique=True),
                "downsample_channels": st.lists(widths, min_size=2, max_size=2),
                "mlp_dim": widths,
            },
        )
    )
    if draw(flags):
        drawn |= {"image_size": 32, "patch_size": draw(st.sampled_from([4, 8]))}
    if intermediate == "ratio" and draw(flags):
        drawn["mlp_ratio"] = draw(st.sampled_from([1.0, 2.5]))
    return drawn


_CLIP = fields(
    {"hidden_size": st.sampled_from([16, 32]), "num_attention_heads": st.sampled_from([1, 2])},
    {
        "intermediate_size": widths,
        "num_hidden_layers": st.integers(1, 3),
        "image_size": st.sampled_from([28, 32]),
        "patch_size": st.sampled_from([4, 7]),
    },
)
_QWEN2 = merged(
    head_shapes(head_dimension=False),
    fields({"num_hidden_layers": st.integers(1, 3)}, {"intermediate_size": widths}),
)
_NAMES = ComponentNames(vision_tower=r"\.vision_tower\.|multi_modal_projector|view_separator|image_newline")

BUILDS = {
    "deepseek_ocr2": Builds(
        fields(
            {"text_config": _text(stated_layers=True)},
            {
                "vision_config": fields({}, {"sam_config": _sam("ratio"), "encoder_config": _QWEN2}),
                "tie_word_embeddings": flags,
            },
        ),
        _NAMES,
        # The class has no default for which layers have experts and cannot be built without.
        default={"text_config": {"mlp_layer_types": ["dense", *(31 * ["sparse"])], "num_experts_per_tok": 6}},
    ),
    "unlimited_ocr": Builds(
        fields(
            {"text_config": _text(stated_layers=False)},
            {
                "vision_config": fields({}, {"sam_config": _sam("size"), "encoder_config": _CLIP}),
                "tie_word_embeddings": flags,
            },
        ),
        _NAMES,
    ),
}
