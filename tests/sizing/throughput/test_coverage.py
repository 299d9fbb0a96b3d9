"""Experts touched by a step: the formula's properties, and figures worked out by hand."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroscale.sizing.throughput.coverage import expected_experts_touched, most_experts_touched


@st.composite
def _experts(draw: st.DrawFn) -> tuple[int, int]:
    experts = draw(st.integers(2, 1024))
    return experts, draw(st.integers(1, experts))


@given(_experts(), st.integers(1, 4096))
def test_the_expected_number_is_between_those_of_one_token_and_all(experts: tuple[int, int], tokens: int) -> None:
    expected = expected_experts_touched(*experts, tokens)
    assert experts[1] * (1 - 1e-9) <= expected <= experts[0]
    assert expected <= most_experts_touched(*experts, tokens) * (1 + 1e-9)


@given(_experts(), st.integers(1, 4096))
def test_one_more_token_touches_no_fewer_experts(experts: tuple[int, int], tokens: int) -> None:
    before, after = (expected_experts_touched(*experts, number) for number in (tokens, tokens + 1))
    assert before <= after <= before + experts[1] + 1e-9


@given(_experts())
def test_one_token_touches_the_experts_that_compute_it(experts: tuple[int, int]) -> None:
    assert expected_experts_touched(*experts, 1) == pytest.approx(experts[1])


def test_two_experts_and_two_tokens_are_counted_out() -> None:
    # Two tokens choose one of two experts each: the same one in two of four cases, both in the other two.
    outcomes = [len(set(choice)) for choice in product((0, 1), repeat=2)]
    assert expected_experts_touched(2, 1, 2) == pytest.approx(sum(outcomes) / len(outcomes))


def test_a_batch_of_three_times_the_ratio_touches_almost_all() -> None:
    # 128 experts of which 8 compute a token: 48 tokens leave out (15/16)^48 = 4.5 % of them.
    assert expected_experts_touched(128, 8, 48) / 128 == pytest.approx(0.955, abs=0.001)
