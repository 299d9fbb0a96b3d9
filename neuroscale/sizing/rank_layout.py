"""Into how many parts the engine cuts each component of a model: the most and the fewest that are possible."""

import json
import math
from dataclasses import dataclass

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.sglang_facts import cuts_attention_by_copy
from neuroscale.sizing.stated_counts import stated_count

# Whole tables of the embedding on every rank, for the models that support it.
# Source: SGLang 0.5.23, `get_embedding_tp_kwargs`.
_EMBEDDING_COPIES_VARIABLE = "SGLANG_ENABLE_EMBED_REPLICATION"
_WHOLE_SHARED_EXPERTS_VARIABLE = "SGLANG_SHARED_EXPERT_TP1"
# Options of SGLang under which dense feed-forwards and shared experts may be whole on every rank.
_DENSE_OPTIONS = frozenset({"--moe-dense-tp-size", "--enable-dense-mlp-attn-tp"})
_SHARED_OPTIONS = frozenset(
    {
        "--moe-a2a-backend",
        "--moe-runner-backend",
        "--enable-shared-experts-attn-tp",
        "--shared-experts-tp-size",
        "--n-share-experts-fusion",
        "--enforce-shared-experts-fusion",
    }
)
# Vision towers are not certain to be loaded where images are turned off, or are off by default for the class.
_WITHOUT_TOWERS = {
    "vllm": frozenset({"--language-model-only", "--limit-mm-per-prompt"}),
    "sglang": frozenset({"--language-only", "--language-model-only"}),
}
_IMAGES_OPTION = "--enable-multimodal"


@dataclass(frozen=True, slots=True)
class Parts:
    """Into how many parts of equal size a component is cut, of which an accelerator holds one.

    Attributes:
        most: The most that the engine may cut it into: what the optimistic bound takes.
        fewest: The fewest, where an engine, a version or a class may keep it whole.
    """

    most: int
    fewest: int


@dataclass(frozen=True, slots=True)
class RankLayout:
    """How the weights of one pipeline stage are laid out over its accelerators.

    Attributes:
        attention: Parts of the attention, and of the heads of the KV cache.
        dense_feed_forward: Parts of the dense feed-forwards.
        shared_experts: Parts of the shared experts.
        input_embedding: Parts of the input embedding.
        output_head: Parts of the output head.
        least_expert_share: Share of the routed experts on the fullest accelerator, at the least.
        most_expert_share: The same at the most, with redundant experts and whole ones.
        loads_towers: Whether vision and audio towers are certain to be loaded.
    """

    attention: Parts
    dense_feed_forward: Parts
    shared_experts: Parts
    input_embedding: Parts
    output_head: Parts
    least_expert_share: float
    most_expert_share: float
    loads_towers: bool


def rank_layout(architecture: ModelArchitecture, settings: EngineSettings) -> RankLayout:
    """Return the layout of a deployment.

    vLLM divides attention, dense and shared feed-forwards by TP and copies them over DP; routed experts are divided
    by TP x PCP x DP, whole experts with expert parallelism. In SGLang data-parallel ranks are whole replicas;
    inside TP, copies of the attention divide it among fewer ranks, and experts are divided by EP and by what that
    leaves of TP. What is whole beside copies of the attention (embedding, shared experts) differs between releases
    and classes of SGLang, so that the fewest parts are 1 there; in TensorRT-LLM it may be cut as the attention is.

    Source: vLLM 0.10.2 to 0.33.0, `FusedMoEParallelConfig.make`, `QKVParallelLinear`, `determine_expert_map`;
    SGLang 0.4.6.post5 to 0.5.23, `derive_attn_tp_size`, `VocabParallelEmbedding`, `FusedMoE` and the model classes.
    """
    tensor = settings.tensor_parallel_size
    if settings.engine == "sglang":
        return _layout_of_sglang(architecture, settings)
    cut = settings.attention_tensor_parallel_size
    beside_copies = Parts(tensor, cut)
    experts = _expert_share(architecture, settings)
    return RankLayout(
        attention=Parts(cut, cut),
        dense_feed_forward=beside_copies,
        shared_experts=Parts(tensor, 1 if _replicates_shared_experts(settings) else cut),
        input_embedding=beside_copies,
        output_head=beside_copies,
        least_expert_share=experts,
        most_expert_share=experts,
        loads_towers=_WITHOUT_TOWERS["vllm"].isdisjoint(settings.options),
    )


def redundant_experts(settings: EngineSettings) -> int:
    """Return the redundant experts per layer that expert load balancing adds; 0 without it."""
    return configured_redundant_experts(settings) if settings.options.get("--enable-eplb") == "true" else 0


def configured_redundant_experts(settings: EngineSettings) -> int:
    """Return the redundant experts that the load balancer's configuration names, whether or not it is enabled."""
    try:
        eplb = json.loads(settings.options.get("--eplb-config", "{}"))
    except (ValueError, RecursionError):
        return 0
    value = eplb.get("num_redundant_experts", 0) if isinstance(eplb, dict) else 0
    return value if isinstance(value, int) and value > 0 else 0


def _layout_of_sglang(architecture: ModelArchitecture, settings: EngineSettings) -> RankLayout:
    tensor = settings.tensor_parallel_size
    options = settings.options.keys()
    copies = settings.attention_data_parallel_size
    has_copies = copies > 1
    spreads_experts = settings.enable_expert_parallel
    is_cut_by_copy = cuts_attention_by_copy(architecture.class_names, settings.version)
    copies_embedding = has_copies or _may_be_set(settings, _EMBEDDING_COPIES_VARIABLE)
    keeps_shared_whole = (
        has_copies
        or spreads_experts
        or not _SHARED_OPTIONS.isdisjoint(options)
        or _may_be_set(settings, _WHOLE_SHARED_EXPERTS_VARIABLE)
    )
    least_share, most_share = _expert_shares_of_sglang(architecture, settings)
    return RankLayout(
        attention=Parts(
            max(1, tensor // copies) if is_cut_by_copy else tensor, settings.attention_tensor_parallel_size
        ),
        dense_feed_forward=Parts(tensor, 1 if has_copies or not _DENSE_OPTIONS.isdisjoint(options) else tensor),
        shared_experts=Parts(tensor, 1 if keeps_shared_whole else tensor),
        input_embedding=Parts(tensor, 1 if copies_embedding else tensor),
        output_head=Parts(tensor, settings.attention_tensor_parallel_size if has_copies else tensor),
        least_expert_share=least_share,
        most_expert_share=most_share,
        loads_towers=_WITHOUT_TOWERS["sglang"].isdisjoint(options)
        and settings.options.get(_IMAGES_OPTION) == "true",
    )


def _expert_shares_of_sglang(architecture: ModelArchitecture, settings: EngineSettings) -> tuple[float, float]:
    """Return the shares of the routed experts: an even one, and that of whole experts with the redundant ones."""
    ranks = max(1, settings.tensor_parallel_size // settings.expert_data_parallel_size)
    experts = architecture.experts
    if experts is None:
        return 1 / ranks, 1 / ranks
    groups = settings.expert_parallel_size or 1
    physical = experts.routed_experts + (stated_count(settings, "--ep-num-redundant-experts") or 0)
    share = math.ceil(physical / groups) / experts.routed_experts / settings.expert_tensor_parallel_size
    return 1 / ranks, max(1 / ranks, share)


def _replicates_shared_experts(settings: EngineSettings) -> bool:
    """Sequence-parallel MoE (EP with TP and DP above one) keeps the shared experts whole on every rank."""
    return settings.enable_expert_parallel and settings.tensor_parallel_size > 1 and settings.data_parallel_size > 1


def _expert_share(architecture: ModelArchitecture, settings: EngineSettings) -> float:
    """Share of the routed experts on the fullest rank, redundant experts included."""
    ranks = settings.tensor_parallel_size * settings.prefill_context_parallel_size * settings.data_parallel_size
    experts = architecture.experts
    if experts is None or not settings.enable_expert_parallel:
        return 1 / ranks
    physical = experts.routed_experts + redundant_experts(settings)
    return math.ceil(physical / ranks) / experts.routed_experts


def _may_be_set(settings: EngineSettings, variable: str) -> bool:
    stated = settings.environment.get(variable, "")
    return stated.lower() in {"1", "true", "yes", "y"} or settings.may_have_variable(variable)
