"""What the weights on one accelerator are, in the words that tables and drawings share."""

from collections.abc import Mapping
from typing import Final

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.planning.plan import ServingPlan
from neuroscale.sizing.weights import RankComponent, weight_bytes_by_component

# In the order in which they are shown.
_NAMES: Final[Mapping[RankComponent, str]] = {
    "routed_experts": "routed experts",
    "shared_experts": "shared experts",
    "dense_feed_forward": "feed-forward",
    "attention": "attention",
    "embeddings_and_head": "embeddings and head",
    "router_and_normalisation": "router and norms",
    "towers": "vision and audio",
}


def weight_parts(
    plan: ServingPlan, architecture: ModelArchitecture, least_shown_bytes: float
) -> tuple[dict[str, int], int]:
    """Return the bytes of each kind of weights by name, and those of all that are too few to be shown.

    Of every estimate it is the pessimistic figure; together they are the weights of the plan.
    """
    weights = weight_bytes_by_component(architecture, plan.settings) or {}
    parts = {
        name: weights[component].pessimistic_bytes
        for component, name in _NAMES.items()
        if component in weights and weights[component].pessimistic_bytes >= least_shown_bytes
    }
    return parts, plan.memory.weights_bytes - sum(parts.values())
