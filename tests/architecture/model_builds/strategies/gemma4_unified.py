"""Gemma 4 unified: the dense language model of Gemma 4, with projections of patches and samples or without."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, fields, flags, merged, vocabularies, widths
from tests.architecture.model_builds.strategies.gemma4 import STATED_TEXT, global_heads, shared_layers

_TEXT = merged(
    global_heads(),
    shared_layers(),
    fields(
        {"intermediate_size": widths, "vocab_size": vocabularies},
        {"attention_k_eq_v": flags, "use_double_wide_mlp": flags, "attention_bias": flags},
    ),
)
_VISION = fields(
    {"patch_size": st.sampled_from([2, 4]), "mm_embed_dim": widths, "output_proj_dims": widths},
    {"pooling_kernel_size": st.sampled_from([2, 3]), "mm_posemb_size": st.sampled_from([8, 16])},
)
_AUDIO = st.one_of(
    fields({}, {"audio_embed_dim": widths}),
    fields({"output_proj_dims": widths}),
)

BUILDS = {
    "gemma4_unified_text": Builds(merged(_TEXT, fields({}, {"tie_word_embeddings": flags}))),
    "gemma4_unified": Builds(
        fields(
            {"text_config": _TEXT},
            {"vision_config": _VISION, "audio_config": _AUDIO, "tie_word_embeddings": flags},
        ),
        default=STATED_TEXT,
    ),
}
