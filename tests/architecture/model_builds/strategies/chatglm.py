"""ChatGLM2 and its kin."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Config,
    fields,
    flags,
    layer_counts,
    merged,
    padded_vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.llama_shaped import derived_heads, engine_builds


def _grouped(config: Config) -> Config:
    groups = config["num_key_value_heads"]
    width = config["hidden_size"] // config["num_attention_heads"]
    config = {**config, "kv_channels": width, "multi_query_attention": True, "multi_query_group_num": groups}
    del config["num_key_value_heads"]
    return config


def _every_head(config: Config) -> Config:
    return {**_grouped(config), "multi_query_attention": False}


BUILDS = {
    "chatglm": engine_builds(
        "ChatGLMModel",
        merged(
            st.one_of(derived_heads.map(_grouped), derived_heads.map(_every_head)),
            fields(
                {
                    "ffn_hidden_size": widths,
                    "num_layers": layer_counts,
                    "padded_vocab_size": padded_vocabularies,
                    "tie_word_embeddings": flags,
                    "original_rope": st.just(True),
                },
                {
                    "add_bias_linear": flags,
                    "add_qkv_bias": flags,
                    "post_layer_norm": flags,
                    "seq_length": st.just(64),
                },
            ),
        ),
    )
}
