"""How many of a layer's experts the tokens of one step touch: what must be read of them."""

import math


def expected_experts_touched(experts: int, experts_per_token: int, tokens: float) -> float:
    """Return the expected distinct experts that `tokens` choose, each choosing as if all experts were alike.

    E x (1 - (1 - k/E)^B): an expert is left out by one token with probability 1 - k/E, and by all of them with the
    B-th power of it. Tokens of one request, or of one subject, agree more than that, and touch fewer.

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


def fewest_experts_touched(experts: int, experts_per_token: int, tokens: float) -> float:
    """Return the distinct experts where all tokens choose the same ones: k, or a part of it below one token."""
    return min(float(experts), experts_per_token * min(1.0, tokens))
