"""Ovis 2."""

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, Config, fields, flags
from tests.architecture.model_builds.parts import text_models, vision_tower


def _with_root_sizes(config: Config) -> Config:
    """Repeat the sizes of the language model in the root, as published files do."""
    return {**config, **{name: config["text_config"][name] for name in ("hidden_size", "vocab_size")}}


# The class's own defaults contradict each other: the root is not as wide as the language model.
BUILDS = {
    "ovis2": Builds(
        fields(
            {
                "text_config": text_models("qwen2", "llama"),
                "vision_config": vision_tower("ovis2_vision", stated=False),
                "tie_word_embeddings": flags,
            }
        ).map(_with_root_sizes),
        ComponentNames(vision_tower=r"vision|visual"),
        default=None,
    )
}
