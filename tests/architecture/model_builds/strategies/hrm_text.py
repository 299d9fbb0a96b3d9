"""HRM-Text."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    fields,
    flags,
    head_shapes,
    merged,
    vocabularies,
    widths,
)


@st.composite
def _stacks(draw: st.DrawFn) -> Config:
    """Draw two stacks, spelt as the first files do or, with the number of runs, as later ones do."""
    stack, high, low = (draw(st.integers(1, 3)) for _ in range(3))
    drawn: Config = {"num_hidden_layers": stack, "H_cycles": high, "L_cycles": low}
    if draw(flags):
        drawn |= {"num_layers_per_stack": stack, "num_hidden_layers": stack * high * (low + 1)}
    return drawn


BUILDS = {
    "hrm_text": Builds(
        merged(
            head_shapes(),
            _stacks(),
            fields(
                {"intermediate_size": widths, "vocab_size": vocabularies},
                {"tie_word_embeddings": flags, "attention_bias": flags, "mlp_bias": flags},
            ),
        )
    )
}
