"""What is answered about a metric that a scaling query names."""

import pytest
from packaging.version import Version

from neuroscale.engines.metric_answers import MetricAnswer, answer_metric


def _answer(name: str, engine: str, version: str | None) -> MetricAnswer:
    return answer_metric(name, engine, None if version is None else Version(version))


@pytest.mark.parametrize(
    ("name", "engine", "version", "standing"),
    [
        ("vllm:num_requests_waiting", "vllm", "0.33.0", "exported"),
        ("vllm:num_requests_waiting", "huggingfaceserver", None, "exported"),
        ("vllm:gpu_cache_usage_perc", "vllm", "0.10.2", "exported"),
        ("vllm:gpu_cache_usage_perc", "vllm", "0.11.2", "hidden"),
        ("vllm:gpu_cache_usage_perc", "vllm", "0.12.0", "gone"),
        ("vllm:gpu_cache_usage_perc", "vllm", None, "exported"),
        ("vllm:kv_cache_usage_perc", "vllm", "0.8.5", "later"),
        ("vllm:kv_cache_usage_perc", "vllm", "0.9.2", "exported"),
        ("vllm:kv_cache_usage_perc", "vllm", "0.6.0", "unknown"),
        ("vllm:num_request_waiting", "vllm", "0.33.0", "never"),
        ("vllm:num_request_waiting", "vllm", None, "never"),
        ("vllm:num_request_waiting", "vllm", "0.99.0", "unknown"),
        ("vllm:num_requests_waiting:avg5m", "vllm", "0.33.0", "unknown"),
        ("vllm:num_requests_waiting", "sglang", "0.5.23", "of another engine"),
        ("tgi_queue_size", "vllm", "0.33.0", "of another engine"),
        ("sglang:num_queue_reqs", "sglang", "0.5.23", "exported"),
        ("wva_desired_replicas", "vllm", "0.33.0", "unknown"),
        ("vllm:num_requests_waiting", "triton", None, "of another engine"),
        ("nv_trt_llm_request_metrics", "tensorrt-llm", "1.0.0", "unknown"),
        ("tgi_queue_size", "text-generation-inference", "3.3.0", "exported"),
        ("tgi_queue_length", "text-generation-inference", "3.3.0", "never"),
        ("tgi_batch_max_total_tokens", "text-generation-inference", "2.3.0", "later"),
        ("tgi_batch_max_total_tokens", "text-generation-inference", "2.3.1", "exported"),
        ("tgi_request_queue_duration_sum", "text-generation-inference", "1.0.0", "exported"),
    ],
)
def test_a_metric_stands_so_at_a_version(name: str, engine: str, version: str | None, standing: str) -> None:
    assert _answer(name, engine, version).standing == standing


def test_a_metric_that_is_gone_has_the_successor_that_the_engine_names() -> None:
    answer = _answer("vllm:time_per_output_token_seconds_bucket", "vllm", "0.33.0")
    assert str(answer.last_version) == "0.14.1"
    assert answer.alternatives == ("vllm:inter_token_latency_seconds_bucket",)


def test_a_counter_keeps_its_suffix_in_the_successor() -> None:
    answer = _answer("vllm:gpu_prefix_cache_hits_total", "vllm", "0.33.0")
    assert answer.alternatives == ("vllm:prefix_cache_hits_total",)


def test_a_misspelt_metric_has_the_names_that_look_alike() -> None:
    assert _answer("vllm:num_request_waiting", "vllm", "0.33.0").alternatives[0] == "vllm:num_requests_waiting"


def test_an_adapters_name_is_read_as_the_engines() -> None:
    answer = _answer("vllm_num_requests_waiting", "vllm", "0.33.0")
    assert (answer.standing, answer.name, answer.is_renamed) == ("exported", "vllm:num_requests_waiting", True)


def test_an_adapters_name_may_lack_the_suffix_of_a_counter() -> None:
    assert _answer("vllm_generation_tokens", "vllm", "0.33.0").name == "vllm:generation_tokens_total"


def test_a_metric_may_need_an_option() -> None:
    answer = _answer("vllm:estimated_flops_per_gpu_total", "vllm", "0.33.0")
    assert answer.needs_option == "--enable-mfu-metrics"
