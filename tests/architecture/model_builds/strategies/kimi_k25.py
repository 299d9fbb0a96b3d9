"""Kimi-K2.5."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, Config, fields, flags, widths
from tests.architecture.model_builds.strategies.deepseek import BUILDS as DEEPSEEK


@st.composite
def _configs(draw: st.DrawFn) -> Config:
    heads = draw(st.sampled_from([1, 2]))
    width = heads * draw(st.sampled_from([8, 16]))
    vision = draw(
        fields(
            {"hidden_size": st.just(width), "num_attention_heads": st.just(heads)},
            {
                "intermediate_size": widths,
                "num_hidden_layers": st.integers(1, 3),
                "patch_size": st.sampled_from([2, 4]),
                "pos_emb_height": st.sampled_from([4, 8]),
                "pos_emb_width": st.sampled_from([4, 8]),
                "merge_kernel_size": st.lists(st.integers(1, 3), min_size=2, max_size=2),
            },
        )
    )
    drawn: Config = {
        "text_config": {
            **draw(DEEPSEEK["deepseek_v3"].strategy),
            **draw(fields({}, {"model_type": st.sampled_from(["kimi_k2", "deepseek_v3"])})),
        },
        "vision_config": vision,
        "projection_hidden_size": width,
    }
    if draw(flags):
        drawn["tie_word_embeddings"] = draw(flags)
    return drawn


BUILDS = {
    # Without a language model's configuration nothing is counted; an empty one takes all defaults.
    "kimi_k25": Builds(_configs(), default={"text_config": {}})
}
