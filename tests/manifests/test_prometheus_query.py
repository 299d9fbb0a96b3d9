"""What a PromQL query selects, and whether an autoscaler gets one number from it."""

import pytest

from neuroscale.manifests.prometheus_query import read_prometheus_query


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ('sum(vllm:num_requests_waiting{model_name="x"})', ["vllm:num_requests_waiting"]),
        ('{__name__="vllm:num_requests_running"}', ["vllm:num_requests_running"]),
        ('{"vllm:num_requests_running", engine="0"}', ["vllm:num_requests_running"]),
        ('{__name__=~"vllm:.*"}', [""]),
        ("sum(rate(a_total[5m])) / count(b)", ["a_total", "b"]),
        ("max_over_time(sum(a)[5m:1m])", ["a"]),
        ("sum(a) or vector(0)", ["a"]),
    ],
)
def test_a_query_names_the_metrics_it_selects(query: str, names: list[str]) -> None:
    read = read_prometheus_query(query)
    assert read is not None
    assert [selector.name for selector in read.selectors] == names


def test_labels_that_are_required_are_told_from_those_that_are_excluded() -> None:
    read = read_prometheus_query('a{pod="x",engine!="0",zone=~"b|c",empty=""}')
    assert read is not None
    assert read.selectors[0].pinned_labels == {"pod"}


@pytest.mark.parametrize(
    ("query", "one_number"),
    [
        ("a", False),
        ("rate(a[5m]) * 60", False),
        ("-avg_over_time(a[5m])", False),
        ("sum(a)", True),
        ("sum without () (a)", None),
        ("sum by (pod) (a)", None),
        ("topk(1, a)", None),
        ("scalar(a) + 1", True),
        ("sum(a) / sum(b)", True),
        ("sum(a) / b", None),
        ("histogram_quantile(0.9, sum by (le) (rate(a_bucket[5m])))", True),
        ("histogram_quantile(0.9, rate(a_bucket[5m]))", False),
        ("sum(a) or vector(0)", True),
    ],
)
def test_an_aggregation_over_all_labels_gives_one_number(query: str, one_number: bool | None) -> None:
    read = read_prometheus_query(query)
    assert read is not None
    assert read.gives_one_number is one_number


@pytest.mark.parametrize(
    ("query", "aggregation"),
    [
        ("a", ""),
        ("(sum((a)))", "sum"),
        ("max by () (a)", "max"),
        ("sum by (pod) (a)", None),
        ("sum(a) * 100", None),
        ("quantile(0.9, a)", None),
        ("sum(rate(a[1m]))", None),
    ],
)
def test_a_plain_aggregation_is_told_from_arithmetic(query: str, aggregation: str | None) -> None:
    read = read_prometheus_query(query)
    assert read is not None
    assert read.aggregation == aggregation


@pytest.mark.parametrize("query", ["sum(a) or vector(0)", "absent(a)", "sum(a) or on() vector(0)"])
def test_a_value_for_lost_metrics_is_recognised(query: str) -> None:
    read = read_prometheus_query(query)
    assert read is not None
    assert read.has_substitute


@pytest.mark.parametrize(
    "query",
    [
        "",
        " ",
        "sum(",
        "queue.depth",
        "{{ .Values.query }}",
        "\x00",
        "(" * 1_000 + "a" + ")" * 1_000,
        "-" * 1_000 + "a",
        "a" + "+a" * 900,
        "a" + " and a" * 200,
        "a" * 3_000,
    ],
)
def test_what_is_no_query_or_too_nested_is_not_read(query: str) -> None:
    assert read_prometheus_query(query) is None
