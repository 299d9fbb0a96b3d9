"""GPT-Neo, the pattern of its layers repeated as often as there are layers."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    fields,
    flags,
    merged,
    vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.gpt2 import positions


@st.composite
def _shapes(draw: st.DrawFn) -> Config:
    heads = draw(st.integers(min_value=1, max_value=6))
    patterns = draw(
        st.lists(
            st.tuples(
                st.lists(st.sampled_from(["global", "local"]), min_size=1, max_size=2),
                st.integers(min_value=1, max_value=2),
            ),
            min_size=1,
            max_size=2,
        )
    )
    return {
        "hidden_size": heads * draw(st.sampled_from([4, 8, 16])),
        draw(st.sampled_from(["num_heads", "num_attention_heads"])): heads,
        draw(st.sampled_from(["num_layers", "num_hidden_layers"])): sum(
            len(pattern) * repetitions for pattern, repetitions in patterns
        ),
        "attention_types": [[pattern, repetitions] for pattern, repetitions in patterns],
    }


# Null stands for the pattern of the class, which is that of 24 layers.
_DEFAULT_PATTERN = st.just({"hidden_size": 16, "num_heads": 2, "num_layers": 24, "attention_types": None})

BUILDS = {
    "gpt_neo": Builds(
        merged(
            st.one_of(_shapes(), _DEFAULT_PATTERN),
            fields(
                {},
                {
                    "vocab_size": vocabularies,
                    "tie_word_embeddings": flags,
                    "intermediate_size": st.one_of(st.none(), widths),
                    "max_position_embeddings": positions,
                    "window_size": st.sampled_from([8, 16]),
                },
            ),
        )
    )
}
