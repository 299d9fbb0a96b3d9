"""How many of a layer's experts the tokens of one step touch: what must be read of them."""

import math


def expected_experts_touched(experts: int, experts_per_token: int, tokens: float) -> float:
    """Return the expected distinct experts that `tokens` choose, each choosing as if all experts were alike.

    E x (1 - (1 - k/E)^B): an expert is left out by one token with probability 1 - k/E, and by all of them with the
    B-th power of it. Groups among which the router chooses first are left out of account. Tokens of one subject
    agree more than that and touch fewer experts, k of them where all choose the same: then a step is faster than
    estimated.

    Args:
        experts: Routed experts of a layer.
        experts_per_token: Experts that the router chooses for a token.
        tokens: Tokens of the step that reach the layer.
    """
    left_out_by_one: float = 1 - experts_per_token / experts
    return experts * (1 - math.pow(left_out_by_one, tokens))


def most_experts_touched(experts: int, experts_per_token: int, tokens: float) -> float:
    """Return the distinct experts where no two tokens choose the same one until all are chosen: min(E, k x B)."""
    return min(float(experts), experts_per_token * tokens)
