"""The figures of some pull requests, worked out by hand from their manifests."""

from decimal import Decimal
from fractions import Fraction

import pytest
from packaging.version import Version

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.cost.resources.amounts import Amounts
from neuroscale.cost.resources.comparison import Comparison, Difference
from neuroscale.cost.resources.footprint import Footprint
from neuroscale.cost.resources.markdown import comparison_as_markdown
from neuroscale.cost.resources.serving_facts import ServingFacts, weights_sentence
from neuroscale.cost.resources.span import Span, fixed
from neuroscale.engines.settings import EngineSettings
from neuroscale.sizing.bounds import ZERO_BYTES
from neuroscale.sizing.weights import weight_bytes_per_accelerator
from tests.cost.resources.cases import compared

GIBIBYTE = 2**30
# The book of the cases: a core and a GiB of host memory for one hour.
CORE = Decimal("0.03")
MEMORY = Decimal("0.004")


def money(accelerators: str, cores: int, gibibytes: int) -> Fraction:
    """Return the money of one hour."""
    return Fraction(Decimal(accelerators) + cores * CORE + gibibytes * MEMORY)


def between(least: int | Fraction, most: int | Fraction) -> Span:
    return Span(Fraction(least), Fraction(most))


def amounts_of(comparison: Comparison, name: str) -> tuple[Amounts, Amounts]:
    found = next(each for each in comparison.objects if each.identity.name == name)
    return found.base_amounts, found.head_amounts


def differences_of(comparison: Comparison, name: str) -> dict[tuple[str, str], tuple[str | None, str | None]]:
    found = next(each for each in comparison.objects if each.identity.name == name)
    return {(each.part, each.name): (each.base, each.head) for each in found.differences}


def facts_of(footprint: Footprint | None) -> ServingFacts:
    assert footprint is not None
    assert footprint.parts[0].serving is not None
    return footprint.parts[0].serving


def test_an_autoscaler_ranges_from_its_fewest_to_its_most_replicas() -> None:
    base, head = amounts_of(compared("replica-range"), "chat")
    # Each replica: an H100 at 4.00, 8 cores, 64 GiB.
    each = money("4.00", 8, 64)
    assert each == Fraction(4496, 1000)
    assert (base.per_hour, head.per_hour) == (between(each, 2 * each), between(2 * each, 6 * each))
    assert head.accelerator_memory_bytes == between(2 * 80 * GIBIBYTE, 6 * 80 * GIBIBYTE)


def test_a_runtime_changes_everything_that_inherits_from_it() -> None:
    comparison = compared("runtime-changed")
    assert [each.status for each in comparison.objects] == ["changed", "changed", "changed"]
    base, head = amounts_of(comparison, "code")
    # Three replicas: one H100 and 64 GiB become two and 96 GiB, the cores stay 8.
    assert base.per_hour == fixed(3 * money("4.00", 8, 64))
    assert head.per_hour == fixed(3 * money("8.00", 8, 96))
    changed = differences_of(comparison, "code")
    assert changed[("predictor", "engine")] == ("vllm 0.32.0", "vllm 0.33.0")
    assert changed[("predictor", "context")] == ("8,192 tokens", "32,768 tokens")


def test_what_a_service_asks_for_itself_wins_over_its_runtime() -> None:
    comparison = compared("runtime-changed")
    base, head = amounts_of(comparison, "own")
    assert base == head
    assert base.per_hour == fixed(money("4.00", 2, 16))
    # One accelerator, and an engine that the runtime tells to use two.
    assert differences_of(comparison, "own")[("predictor", "parallelism")] == ("none", "TP 2")


def test_a_runtime_of_the_context_counts_on_both_sides() -> None:
    base, head = amounts_of(compared("runtime-in-context"), "chat")
    assert base.accelerators == head.accelerators == {"h100-80gb-sxm": fixed(2)}
    assert base.memory_bytes == fixed(96 * GIBIBYTE)


def test_a_pod_reserves_its_containers_and_sidecars_or_its_largest_initialization() -> None:
    base, _ = amounts_of(compared("autoscaler-added"), "chat")
    # CPU: the download takes 6, more than engine and proxy with 4.5. Memory: 32 GiB and 256 MiB beside each other.
    assert base.processor_cores == fixed(2 * 6)
    assert base.memory_bytes == fixed(2 * (32 * GIBIBYTE + 256 * 2**20))


def test_a_scaled_object_replaces_the_replicas_of_the_deployment() -> None:
    _, head = amounts_of(compared("autoscaler-added"), "chat")
    assert head.pods == between(1, 5)


def test_several_possible_accelerators_range_from_the_cheapest_to_the_dearest() -> None:
    _, head = amounts_of(compared("several-possible-accelerators"), "chat")
    # A100 at 2.00 with 80 GiB, H100 at 4.00, H200 at 5.00 with 141 GiB; two pods of 4 cores and 32 GiB.
    assert head.per_hour == between(2 * money("2.00", 4, 32), 2 * money("5.00", 4, 32))
    assert head.accelerator_memory_bytes == between(2 * 80 * GIBIBYTE, 2 * 141 * GIBIBYTE)


def test_a_replica_over_several_nodes_is_counted_with_its_workers() -> None:
    base, head = amounts_of(compared("multi-node"), "deepseek")
    # 16 ranks of 8 a node: 2 pods. Then 32 ranks: 4 pods, and one prefill pod of 8 ranks.
    assert (base.pods, head.pods) == (fixed(2), fixed(5))
    assert (base.accelerators, head.accelerators) == (
        {"h200-141gb-sxm": fixed(16)},
        {"h200-141gb-sxm": fixed(40)},
    )


def test_a_group_of_leader_and_workers_is_counted_with_each_template() -> None:
    base, head = amounts_of(compared("leader-worker-set"), "llama")
    # A leader of 24 cores and 400 GiB, workers of 16 and 300; one group of two, then two groups of three.
    assert base.processor_cores == fixed(24 + 16)
    assert head.processor_cores == fixed(2 * (24 + 2 * 16))
    assert head.memory_bytes == fixed(2 * (400 + 2 * 300) * GIBIBYTE)
    assert head.accelerators == {"h100-80gb-sxm": fixed(2 * 3 * 8)}


def test_an_accelerator_without_a_price_is_not_free() -> None:
    base, head = amounts_of(compared("accelerator-without-price"), "chat")
    assert (base.unpriced, head.unpriced) == ({"mi355x": fixed(1)}, {"mi355x": fixed(2)})
    assert head.per_hour == fixed(2 * money("0", 4, 32))
    assert not compared("accelerator-without-price").is_money_known


def test_devices_that_a_claim_states_are_counted_and_others_make_it_a_lower_bound() -> None:
    comparison = compared("claimed-devices")
    base, head = amounts_of(comparison, "stated")
    # Two replicas; the template claims one device each, then two.
    assert (base.accelerators, head.accelerators) == (
        {"gpu.nvidia.com": fixed(2)},
        {"gpu.nvidia.com": fixed(4)},
    )
    _, unstated = amounts_of(comparison, "unstated")
    assert not unstated.is_complete
    assert not comparison.head.is_complete


def test_shares_of_a_device_have_no_memory_and_no_price_that_we_know() -> None:
    _, head = amounts_of(compared("shares-of-a-device"), "small")
    assert head.accelerators_of_unknown_memory == fixed(2)
    assert head.accelerator_memory_bytes == fixed(0)
    assert head.unpriced == {"nvidia.com/mig-1g.10gb": fixed(2)}


@pytest.mark.parametrize(
    ("name", "base", "head"),
    [
        # 0.25 cores a replica, and 100 GiB of disk.
        ("cache", (Fraction(1, 4), 1, 100), (Fraction(3, 4), 3, 300)),
        # One pod on each of three nodes: 0.1 cores, 64 MiB, then 128.
        ("node-exporter", (Fraction(3, 10), Fraction(3 * 64, 1024), 0), (Fraction(3, 10), Fraction(3, 8), 0)),
        ("weights", (0, 0, 500), (0, 0, 2048)),
    ],
)
def test_other_kinds_count_by_their_own_number_of_pods(
    name: str, base: tuple[Fraction | int, ...], head: tuple[Fraction | int, ...]
) -> None:
    for amounts, (cores, memory, disk) in zip(amounts_of(compared("other-kinds"), name), (base, head), strict=True):
        assert amounts.processor_cores == fixed(Fraction(cores))
        assert amounts.memory_bytes == fixed(Fraction(memory) * GIBIBYTE)
        assert amounts.disk_bytes == fixed(Fraction(disk) * GIBIBYTE)


def test_a_job_costs_nothing_once_it_ended() -> None:
    _, head = amounts_of(compared("other-kinds"), "evaluate")
    assert head.pods == between(0, 4)
    assert head.per_hour == between(0, 4 * money("1.50", 2, 16))


def test_kserves_configuration_gives_custom_components_what_they_do_not_ask_for() -> None:
    base, head = amounts_of(compared("kserve-default-resources"), "chat")
    # The cluster gives 2 cores and 4 GiB: to the predictor, and to each of two transformers.
    assert (base.processor_cores, base.memory_bytes) == (fixed(2), fixed(4 * GIBIBYTE))
    assert (head.processor_cores, head.memory_bytes) == (fixed(6), fixed(12 * GIBIBYTE))


def test_kserve_as_shipped_gives_one_core_and_two_gibibytes() -> None:
    base, _ = amounts_of(compared("kserve-default-resources-as-shipped"), "chat")
    assert (base.processor_cores, base.memory_bytes) == (fixed(1), fixed(2 * GIBIBYTE))


def test_a_dense_model_replaced_by_a_mixture_of_experts_is_told_though_nothing_else_changes() -> None:
    comparison = compared("dense-to-mixture-of-experts")
    assert comparison.base == comparison.head
    was, now = differences_of(comparison, "chat")[("predictor", "model")]
    assert was == "google/gemma-3-27b-it (dense, 27.4B parameters)"
    assert now == "google/gemma-4-26B-A4B (MoE, 25.8B parameters, 3.8B active)"


def test_weights_are_those_of_the_sizes_of_the_engine_and_its_model() -> None:
    (only,) = compared("tensor-parallel-size").objects
    architecture = load_catalogue().find("google/gemma-3-27b-it")
    assert architecture is not None
    for footprint, tensor in ((only.base, 1), (only.head, 2)):
        settings = EngineSettings("vllm", version=Version("0.33.0"), tensor_parallel_size=tensor)
        facts = facts_of(footprint)
        assert facts.weights == weight_bytes_per_accelerator(architecture, settings)
        assert facts.parallelism == ((("TP", 2),) if tensor == 2 else ())
    shown = comparison_as_markdown(compared("tensor-parallel-size"))
    assert weights_sentence(facts_of(only.head).weights or ZERO_BYTES) in shown


def test_copies_of_the_attention_show_in_the_weights_of_each_accelerator() -> None:
    (only,) = compared("attention-copies").objects
    before, after = facts_of(only.base).weights, facts_of(only.head).weights
    assert before is not None
    assert after is not None
    # Seven eighths of 11,413,422,080 parameters of attention in 8 bits and their scales.
    assert after.optimistic_bytes - before.optimistic_bytes == pytest.approx(7 / 8 * 11_413_422_080, rel=0.001)
    assert facts_of(only.head).parallelism == (("TP", 8), ("attention DP", 8))


def test_containers_of_a_kind_that_is_not_read_are_told_and_never_taken_for_nothing() -> None:
    comparison = compared("kind-that-is-not-read")
    assert comparison.left_out == (
        "Not counted: RayService models/ranker (ray.io) holds containers, and its kind is not read.",
    )
    assert not comparison.is_money_known
    assert comparison.base == comparison.head


def test_what_moves_to_another_file_or_gains_an_annotation_is_unchanged() -> None:
    (only,) = compared("nothing-changed").objects
    assert (only.status, only.differences) == ("unchanged", ())


def test_each_payer_is_told_of_its_own_change_alone() -> None:
    payers = {(each.owner, each.cost_center): each for each in compared("runtime-changed").payers}
    assert set(payers) == {("chat-team", "cc-1"), ("code-team", "cc-2")}
    assert payers["code-team", "cc-2"].head.accelerators == {"h100-80gb-sxm": fixed(6)}


def test_without_prices_there_is_no_money() -> None:
    comparison = compared("replica-range", with_prices=False)
    assert comparison.head.per_hour is None
    assert not comparison.is_money_known


def test_a_difference_names_its_part_where_there_are_several() -> None:
    assert Difference("pod", "pods", "1", "2").title == "pods"
    assert Difference("prefill", "pods", "1", "2").title == "prefill pods"
