"""Chameleon, Emu3 and Janus. Channels are multiples of 32, the groups of the tokenisers' norms."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, fields, flags, layer_counts, merged, widths
from tests.architecture.model_builds.parts import text_model, text_models, tower_heads, without

_CHANNELS = {
    "base_channels": st.sampled_from([32, 64]),
    "channel_multiplier": st.sampled_from([[1], [1, 2], [1, 1, 2]]),
    "num_res_blocks": st.sampled_from([1, 2]),
    "embed_dim": st.sampled_from([4, 8]),
    "latent_channels": st.sampled_from([4, 8]),
    "in_channels": st.sampled_from([1, 3]),
}
_CODES = st.sampled_from([16, 32])
_CHAMELEON = fields(
    {**_CHANNELS, "num_embeddings": _CODES},
    {
        "double_latent": flags,
        "resolution": st.sampled_from([16, 32]),
        "attn_resolutions": st.sampled_from([None, [16], [8, 32]]),
        "attn_type": st.sampled_from(["vanilla", "none"]),
    },
)
_EMU3 = merged(
    tower_heads(),
    fields(
        {**_CHANNELS, "codebook_size": _CODES},
        {
            "double_latent": flags,
            "out_channels": st.sampled_from([1, 3]),
            "temporal_downsample_factor": st.sampled_from([2, 4, 8]),
            "attn_resolutions": st.sampled_from([[], [0], [1, 2]]),
        },
    ),
)
_JANUS = fields(
    {**_CHANNELS, "num_embeddings": _CODES},
    {
        "double_latent": flags,
        "out_channels": st.sampled_from([1, 3]),
        "projection_dim": widths,
        "num_hidden_layers": layer_counts,
        "image_token_embed_dim": widths,
    },
)
_JANUS_VISION = merged(
    tower_heads(),
    fields(
        {"num_hidden_layers": layer_counts, "image_size": st.sampled_from([8, 14]), "patch_size": st.just(2)},
        {
            "mlp_ratio": st.sampled_from([1.5, 4.0]),
            "attention_bias": flags,
            "use_qk_norm": flags,
            "projection_dim": widths,
            "depth": st.sampled_from([1, 2, 3]),
        },
    ),
)
_NAMES = ComponentNames(vision_tower=r"vision|vqmodel|aligner|generation_")
# The class cannot be built without a name for the token that stands for an image.
_IMAGE_TOKEN = {"vocabulary_map": {"<image>": 5}}
_SMALL = text_model("llama", stated=False)

BUILDS = {
    "chameleon": Builds(
        merged(
            # The class shares the width among the heads whatever head_dim says, and knows no such field.
            _SMALL.map(lambda drawn: {name: value for name, value in drawn.items() if name != "head_dim"}),
            fields({"vq_config": _CHAMELEON}, {"swin_norm": flags}),
        ).map(lambda drawn: {**drawn, **_IMAGE_TOKEN}),
        _NAMES,
        default=_IMAGE_TOKEN,
    ),
    "emu3": Builds(
        fields(
            {
                # The class marks padding with a token of its default vocabulary.
                "text_config": without(_SMALL, "intermediate_size").map(lambda drawn: {**drawn, "pad_token_id": 0}),
                "vq_config": _EMU3,
            },
            {"tie_word_embeddings": flags},
        ).map(lambda drawn: {**drawn, **_IMAGE_TOKEN}),
        _NAMES,
        class_names=("Emu3ForConditionalGeneration",),
        default=_IMAGE_TOKEN,
    ),
    # As for Mistral 3, the root's tie_word_embeddings is always stated.
    "janus": Builds(
        fields(
            {
                "text_config": text_models("llama", "qwen2"),
                "vision_config": _JANUS_VISION,
                "vq_config": _JANUS,
                "tie_word_embeddings": flags,
            }
        ),
        _NAMES,
        default={"tie_word_embeddings": False},
    ),
}
