"""Qwen3-Omni's thinker: a mixture with a vision and an audio tower."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, Config, fields, flags, widths
from tests.architecture.model_builds.strategies.gemma4 import STATED_TEXT
from tests.architecture.model_builds.strategies.qwen3_vl import MOE_TEXT, vision_towers

_NAMES = ComponentNames(router=r"\.mlp\.gate\.")


@st.composite
def _audio_towers(draw: st.DrawFn) -> Config:
    heads = draw(st.sampled_from([1, 2]))
    required = {
        "d_model": st.just(heads * draw(st.sampled_from([4, 8]))),
        "encoder_attention_heads": st.just(heads),
        "encoder_ffn_dim": widths,
        "encoder_layers": st.integers(min_value=1, max_value=3),
        "output_dim": widths,
    }
    optional = {"num_mel_bins": st.sampled_from([80, 100, 128]), "downsample_hidden_size": st.sampled_from([4, 8])}
    return draw(fields(required, optional))


_THINKER = fields(
    {"text_config": MOE_TEXT},
    {"vision_config": vision_towers(), "audio_config": _audio_towers(), "tie_word_embeddings": flags},
)

BUILDS = {"qwen3_omni_moe_thinker": Builds(_THINKER, _NAMES, default=STATED_TEXT)}
