"""Which series a scrape of an engine shows, at the releases where that changes."""

import pytest
from packaging.version import Version

from neuroscale.engines.metrics import exported_metrics, versions_with_metric


def _shows(engine: str, version: str | None, series: str) -> bool:
    exported = exported_metrics(engine, None if version is None else Version(version))
    assert exported is not None
    return exported.find(series) is not None


@pytest.mark.parametrize(
    ("engine", "version", "series", "shown"),
    [
        ("vllm", "0.33.0", "vllm:num_requests_running", True),
        ("vllm", "0.33.0", "vllm:num_requests_runing", False),
        ("vllm", "0.8.5", "vllm:gpu_cache_usage_perc", True),
        ("vllm", "0.12.0", "vllm:gpu_cache_usage_perc", False),
        ("vllm", "0.8.5", "vllm:kv_cache_usage_perc", False),
        ("vllm", "0.33.0", "vllm:kv_cache_usage_perc", True),
        ("vllm", "0.33.0", "vllm:time_per_output_token_seconds_bucket", False),
        ("vllm", "0.33.0", "vllm:e2e_request_latency_seconds_bucket", True),
        ("vllm", "0.33.0", "vllm:e2e_request_latency_seconds", False),
        ("vllm", "0.33.0", "vllm:generation_tokens_total", True),
        ("vllm", "0.33.0", "vllm:generation_tokens", False),
        ("huggingfaceserver", "0.24.0", "vllm:num_requests_waiting", True),
        ("sglang", "0.5.23", "sglang:num_queue_reqs", True),
        ("sglang", "0.5.23", "sglang:num_queued_reqs", False),
        ("sglang", "0.4.10.post2", "sglang:utilization", False),
        ("sglang", "0.5.2", "sglang:utilization", True),
        ("sglang", "0.5.2", "sglang:inter_token_latency_seconds_count", True),
        ("sglang", "0.5.23", "sglang:avg_request_queue_latency", False),
    ],
)
def test_a_release_shows_a_series_or_not(engine: str, version: str, series: str, shown: bool) -> None:
    assert _shows(engine, version, series) is shown


def test_no_version_of_vllm_ever_exported_a_p95() -> None:
    assert versions_with_metric("vllm", "vllm_request_p95_latency_seconds") == ()
    assert versions_with_metric("vllm", "vllm:request_p95_latency_seconds") == ()


def test_the_versions_of_a_renamed_metric_end() -> None:
    assert str(versions_with_metric("vllm", "vllm:gpu_cache_usage_perc")[-1]) == "0.11.2"


def test_sglang_exports_nothing_unless_it_is_asked_to() -> None:
    sglang, vllm = exported_metrics("sglang", None), exported_metrics("vllm", None)
    assert sglang is not None
    assert sglang.needs_option == "--enable-metrics"
    assert vllm is not None
    assert vllm.needs_option is None


def test_a_deprecated_metric_is_told_from_a_shown_one() -> None:
    exported = exported_metrics("vllm", Version("0.11.2"))
    assert exported is not None
    assert exported.metrics["vllm:gpu_cache_usage_perc"].is_hidden
    assert not exported.metrics["vllm:kv_cache_usage_perc"].is_hidden


def test_an_unknown_version_may_show_what_any_release_shows() -> None:
    exported = exported_metrics("vllm", None)
    assert exported is not None
    metric = exported.find("vllm:gpu_cache_usage_perc")
    assert metric is not None
    assert not metric.is_everywhere
    assert exported.metrics["vllm:num_requests_running"].is_everywhere


def test_a_version_that_was_not_read_proves_nothing() -> None:
    newer = exported_metrics("sglang", Version("0.9.0"))
    between = exported_metrics("sglang", Version("0.5.20"))
    assert newer is not None
    assert not newer.is_complete
    assert between is not None
    assert between.is_complete


def test_the_metrics_of_an_unknown_engine_are_not_known() -> None:
    assert exported_metrics("tgi", Version("3.0.0")) is None
