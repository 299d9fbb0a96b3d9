"""The measurement measures what it says, at a size that takes no time."""

from tests.bench.webhook_latency import Plan, judge_seconds, measure


async def test_both_sides_are_measured_equally_often() -> None:
    samples = await measure(Plan(rounds=2, reviews=6, warm_up=2), (1, 3))
    assert {key: len(sample.seconds) for key, sample in samples.items()} == {
        ("echo", 1): 12,
        ("webhook", 1): 12,
        ("echo", 3): 12,
        ("webhook", 3): 12,
    }


def test_the_rules_are_timed_without_a_server() -> None:
    assert len(judge_seconds(10).seconds) == 10
