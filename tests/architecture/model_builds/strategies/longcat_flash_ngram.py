"""LongCat-Flash-Lite, built by vLLM."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, Config, fields, merged
from tests.architecture.model_builds.strategies.longcat_flash import BUILDS as LONGCAT


def _padded(config: Config) -> Config:
    """Keep to tables whose rows the engine does not pad: their sum must be a multiple of 64."""
    ratio, vocabulary = config["ngram_vocab_size_ratio"], config["vocab_size"]
    neighbours = config["emb_neighbor_num"]
    while (config["emb_split_num"] * (neighbours - 1)) % 8:
        neighbours += 1
    assert (ratio * vocabulary) % 64 == 0
    return {**config, "emb_neighbor_num": neighbours, "hidden_size": 64}


BUILDS = {
    "longcat_flash_ngram": Builds(
        merged(
            LONGCAT["longcat_flash"].strategy,
            fields(
                {
                    # The engine knows the configuration class under this type.
                    "model_type": st.just("longcat_flash"),
                    "ngram_vocab_size_ratio": st.sampled_from([1, 3, 7]),
                    "emb_split_num": st.sampled_from([1, 2, 4]),
                    "emb_neighbor_num": st.sampled_from([2, 3, 5]),
                    "torch_dtype": st.just("bfloat16"),
                    "eos_token_id": st.just(2),
                    "pad_token_id": st.just(1),
                }
            ),
        ).map(_padded),
        names=ComponentNames(
            input_embedding=r"embed_tokens|oe_embedder",
            router=r"\.router\.classifier\.",
            uncounted=r"\.e_score_correction_bias$",
        ),
        class_names=("LongcatFlashNgramForCausalLM",),
        default=None,
        library="vllm",
    )
}
