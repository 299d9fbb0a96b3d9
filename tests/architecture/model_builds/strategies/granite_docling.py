"""Granite Docling."""

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, Config, fields, flags, widths
from tests.architecture.model_builds.parts import text_model, vision_tower, without


def _of_one_width(config: Config) -> Config:
    """Give the connector the width of the language model, as the class demands."""
    vision = {**config["vision_config"], "out_hidden_size": config["text_config"]["hidden_size"]}
    return {**config, "vision_config": vision}


# As for Mistral 3, the root's tie_word_embeddings is always stated.
BUILDS = {
    "granite_docling": Builds(
        fields(
            {
                # The class marks padding with a token of its default vocabulary.
                "text_config": without(text_model("llama", stated=False), "intermediate_size").map(
                    lambda drawn: {**drawn, "pad_token_id": 0}
                ),
                "vision_config": vision_tower("granite_docling_vision", stated=False),
                "tie_word_embeddings": flags,
            },
            {"density_router_hidden_size": widths},
        ).map(_of_one_width),
        ComponentNames(vision_tower=r"vision|density_router"),
    )
}
