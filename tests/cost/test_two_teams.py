"""Two teams hold the same accelerator-hours and serve different models: what each view says, worked out by hand.

Team A serves google/gemma-4-26B-A4B (128 experts, 8 of them for a token), team B Qwen/Qwen3-32B (dense). Each holds
one H100 for 720 hours at 4.00 USD.

Allocation. 720 h x 4.00 USD = 2,880.00 USD each, 5,760.00 USD together: it cannot tell the two apart.

Compute. Parameters that multiply a token, from the two configurations:

- Gemma: 30 layers of attention 1,110,179,840, dense feed-forward 535,265,280, routers 10,901,760, norms 612,096,
  8 of 128 experts 22,837,985,280 / 16 = 1,427,374,080, and the tied embedding as the output head 262,144 x 2,816
  = 738,197,504. Together 3,822,530,560. It holds 25,805,933,872 with its vision tower, 51.6 GB in bfloat16.
- Qwen: all 32,762,123,264 but the input embedding 151,936 x 5,120 = 777,912,320, which is looked up and not
  multiplied: 31,984,210,944.

With 6.0 and 2.0 billion tokens: 2 x 3,822,530,560 x 6.0e9 = 45,870,366,720,000,000,000 and
2 x 31,984,210,944 x 2.0e9 = 127,936,843,776,000,000,000 operations, together 173,807,210,496,000,000,000.
Team A's part is 45,870,366,720 / 173,807,210,496 = 0.263915..., so 5,760.00 x 0.263915 = 1,520.15 USD, and team B's
is the rest, 4,239.85 USD.

Tokens. 6.0 of 8.0 billion are 3/4: 4,320.00 and 1,440.00 USD. A million tokens cost team A 2,880.00 / 6,000 = 0.48
and team B 2,880.00 / 2,000 = 1.44 USD.

Utilisation. The dense bfloat16 peak of an H100 is 989.4e12 operations per second; 720 h x 3,600 s x 989.4e12 =
2.5645e21. Team A did 4.587e19 of them, 1.79 %, team B 1.279e20, 4.99 %.

Proxy, with no tokens known. Computing by read parameters: 3,822,530,560 / (25,805,933,872 - 572,792,112 of the
vision tower) = 0.151488 for team A and 1 for team B, over the same hours: team A's part is 0.151488 / 1.151488
= 0.131558, 757.78 USD.
"""

from decimal import Decimal
from fractions import Fraction

import pytest

from neuroscale.cost.explanation import difference
from neuroscale.cost.grouping import group_endpoints, total_billed, view_total
from tests.cost.two_teams import attributed, two_teams


def test_allocation_cannot_tell_the_teams_apart() -> None:
    assistant, search = attributed(two_teams()).endpoints

    assert assistant.allocation.amount == search.allocation.amount == Decimal("2880.00")


def test_compute_follows_the_active_parameters_and_the_tokens() -> None:
    assistant, search = attributed(two_teams()).endpoints

    assert assistant.footprint is not None
    assert search.footprint is not None
    assert assistant.footprint.computing_parameters == 3_822_530_560
    assert assistant.footprint.held_parameters == 25_805_933_872
    assert search.footprint.computing_parameters == 31_984_210_944
    assert assistant.compute.part == Fraction(45_870_366_720, 173_807_210_496)
    assert assistant.compute.amount == Decimal("1520.15")
    assert search.compute.amount == Decimal("4239.85")
    assert assistant.compute_basis == search.compute_basis == "tokens"


def test_tokens_follow_what_was_served() -> None:
    assistant, search = attributed(two_teams()).endpoints

    assert assistant.tokens.amount == Decimal("4320.00")
    assert search.tokens.amount == Decimal("1440.00")


def test_a_million_tokens_of_the_mixture_cost_a_third() -> None:
    by_owner = {group.key: group for group in group_endpoints(attributed(two_teams()), "owner")}

    assert by_owner["team-a"].per_million.served == Decimal("0.4800")
    assert by_owner["team-b"].per_million.served == Decimal("1.4400")
    assert by_owner["team-a"].per_million.generated == Decimal("2.8800")
    assert by_owner["team-b"].per_million.generated == Decimal("5.7600")


def test_both_teams_hold_accelerators_that_mostly_wait() -> None:
    assistant, search = attributed(two_teams()).endpoints

    assert assistant.compute_utilisation == pytest.approx(0.0179, abs=0.0001)
    assert search.compute_utilisation == pytest.approx(0.0499, abs=0.0001)


def test_without_tokens_a_stated_proxy_stands_for_the_compute_and_nothing_for_the_tokens() -> None:
    assistant, search = attributed(two_teams(with_tokens=False)).endpoints

    assert assistant.compute_basis == search.compute_basis == "proxy"
    assert assistant.compute.part == Fraction(3_822_530_560, 3_822_530_560 + 25_233_141_760)
    assert assistant.compute.amount == Decimal("757.78")
    assert search.compute.amount == Decimal("5002.22")
    assert assistant.tokens.amount is None
    assert assistant.tokens.reason == "its tokens were not measured"


def test_one_line_resolves_the_difference() -> None:
    attribution = attributed(two_teams())
    lines = {group.key: difference(group, attribution.currency) for group in group_endpoints(attribution, "owner")}

    assert lines["team-a"] == (
        "holds 51.6 GB because all 128 experts must be resident, but computes with 3.8 of 25.8 billion parameters "
        "per token: 26.4% of the pool's compute in 50.0% of its accelerator-hours, by 2 x active parameters x "
        "tokens, so 1520.15 USD instead of 2880.00 (-1359.85)"
    )
    assert lines["team-b"] == (
        "holds 65.5 GB and computes with 32.0 of 32.8 billion parameters per token: 73.6% of the pool's compute in "
        "50.0% of its accelerator-hours, by 2 x active parameters x tokens, so 4239.85 USD instead of 2880.00 "
        "(+1359.85)"
    )


@pytest.mark.parametrize("with_tokens", [True, False])
def test_every_view_sums_up_to_the_bill(with_tokens: bool) -> None:
    attribution = attributed(two_teams(with_tokens=with_tokens))

    assert total_billed(attribution) == Decimal("5760.00")
    for view in ("compute", "tokens"):
        total = view_total(attribution, view)
        assert total.divided + total.left_out == Decimal("5760.00")
