"""Nemotron 3 Omni: Nemotron-H with C-RADIO and, now and then, Parakeet, in both spellings of its parts."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, Config, fields, flags, widths
from tests.architecture.model_builds.strategies.nemotron_h import NAMES, TEXT

_NAMES = ComponentNames(
    vision_tower=r"^vision_model\.|^vision_final_layernorm\.|^multi_modal_projector\.",
    audio_tower=r"^audio_tower\.|^embed_audio\.",
    output_head=r"^language_model\.lm_head\.",
    router=NAMES.router,
)


@st.composite
def vision_towers(draw: st.DrawFn) -> Config:
    """Draw a C-RADIO tower."""
    heads = draw(st.sampled_from([1, 2]))
    optional = {
        "num_channels": st.sampled_from([1, 3]),
        "num_cls_tokens": st.sampled_from([1, 3]),
        "num_registers": st.sampled_from([0, 4]),
        "use_swiglu_ffn": flags,
        "qkv_bias": flags,
        "mlp_ratio": st.sampled_from([2.0, 2.5]),
    }
    return {
        "hidden_size": heads * draw(st.sampled_from([8, 16])),
        "num_attention_heads": heads,
        "num_hidden_layers": draw(st.integers(min_value=1, max_value=3)),
        "patch_size": draw(st.sampled_from([2, 4])),
        "max_img_size": draw(st.sampled_from([8, 18])),
    } | draw(fields({}, optional))


@st.composite
def audio_towers(draw: st.DrawFn) -> Config:
    """Draw a Parakeet encoder and the widths of the projector behind it."""
    heads = draw(st.sampled_from([1, 2]))
    optional = {
        "attention_bias": flags,
        "convolution_bias": flags,
        "conv_kernel_size": st.sampled_from([5, 9]),
        "subsampling_factor": st.sampled_from([2, 4, 8]),
        "subsampling_conv_channels": st.sampled_from([4, 8]),
        "num_mel_bins": st.sampled_from([80, 128]),
    }
    return {
        "hidden_size": heads * draw(st.sampled_from([8, 16])),
        "num_attention_heads": heads,
        "intermediate_size": draw(widths),
        "num_hidden_layers": draw(st.integers(min_value=1, max_value=3)),
        "projection_hidden_size": draw(widths),
        "projection_bias": draw(flags),
    } | draw(fields({}, optional))


@st.composite
def _wholes(draw: st.DrawFn) -> Config:
    frames = draw(st.sampled_from([None, 2, 3]))
    vision = draw(vision_towers())
    drawn = {
        draw(st.sampled_from(["text_config", "llm_config"])): draw(TEXT),
        draw(st.sampled_from(["vision_hidden_size", "vit_hidden_size"])): vision["hidden_size"],
        "vision_config": vision | {"video_temporal_patch_size": frames or 2},
    }
    if frames is not None:
        drawn["video_temporal_patch_size"] = frames
    if draw(flags):
        drawn[draw(st.sampled_from(["audio_config", "sound_config"]))] = draw(audio_towers())
    optional = {"downsample_ratio": st.sampled_from([0.5, 0.25, 1.0]), "projector_hidden_size": widths}
    return drawn | draw(fields({}, optional))


BUILDS = {
    "nemotron_h_omni": Builds(_wholes(), _NAMES, default={"text_config": {"hybrid_override_pattern": "ME*-"}})
}
