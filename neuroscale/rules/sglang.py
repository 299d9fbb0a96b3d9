"""What the SGLang rules ask of a deployment before they judge it, and the arithmetic that they share.

Source of every condition: SGLang wheels 0.4.6.post5 to 0.5.23, `ServerArgs` and what it resolves to,
`fused_moe_triton/layer.py`, `quantization/fp8.py` and the model classes.
"""

from dataclasses import replace

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.sglang_facts import architectures_with_whole_heads, sglang_fact_holds, spans_experts
from neuroscale.engines.values import read_integer
from neuroscale.rules.divisibility import kv_head_counts, kv_heads_divide, undivided_heads
from neuroscale.rules.subject import Deployment

TENSOR_PARALLEL = "--tp-size"
PIPELINE_PARALLEL = "--pp-size"
DATA_PARALLEL = "--dp-size"
ATTENTION_DATA_PARALLEL = "--attn-dp-size"
ATTENTION_CONTEXT_PARALLEL = "--attn-cp-size"
EXPERT_PARALLEL = "--ep-size"
EXPERT_DATA_PARALLEL = "--moe-dp-size"
DATA_PARALLEL_ATTENTION = "--enable-dp-attention"
ALL_TO_ALL = "--moe-a2a-backend"
NODES = "--nnodes"
LOAD_BALANCING = "--enable-eplb"
REDUNDANT_EXPERTS = "--ep-num-redundant-experts"

ATTENTION_OPTIONS = (
    TENSOR_PARALLEL,
    DATA_PARALLEL,
    ATTENTION_DATA_PARALLEL,
    ATTENTION_CONTEXT_PARALLEL,
    DATA_PARALLEL_ATTENTION,
)
EXPERT_OPTIONS = (TENSOR_PARALLEL, EXPERT_PARALLEL, EXPERT_DATA_PARALLEL, ALL_TO_ALL)

_SIZES = frozenset(
    {
        TENSOR_PARALLEL,
        PIPELINE_PARALLEL,
        DATA_PARALLEL,
        ATTENTION_DATA_PARALLEL,
        ATTENTION_CONTEXT_PARALLEL,
        EXPERT_PARALLEL,
        EXPERT_DATA_PARALLEL,
        NODES,
    }
)
_TEMPLATE_KINDS = frozenset({"ServingRuntime", "ClusterServingRuntime"})
# Each takes the experts, or the whole group, out of the hands of what is judged here.
_OTHER_LAYOUTS = ("--kt-", "--elastic-ep-", "--dwdp-size")
_SWITCHES = ("--enable-ep-moe", "--enable-deepep-moe")
_LARGEST_SIZE_TRIED = 16


def sglang_settings(deployment: Deployment) -> EngineSettings | None:
    """Return the settings of an SGLang server that runs as the object says.

    None for any other engine, for a size that the engine's own parser refuses, for a serving runtime, which an
    InferenceService may add to, and for layouts of experts that are not described here.
    """
    settings = deployment.workload.settings
    if settings is None or settings.engine != "sglang" or deployment.workload.manifest.kind in _TEMPLATE_KINDS:
        return None
    if any(problem.option in _SIZES for problem in settings.problems):
        return None
    written = (*settings.options, *settings.unresolved)
    return None if any(option.startswith(_OTHER_LAYOUTS) for option in written) else settings


def shares_whole_heads(architecture: ModelArchitecture) -> bool:
    """Whether the model's class is known to assert whole heads on every rank."""
    return not architectures_with_whole_heads().isdisjoint(architecture.class_names)


def attention_copies(settings: EngineSettings) -> int:
    """Return into how many parts attention divides the tensor parallel group before it cuts heads."""
    return settings.attention_data_parallel_size * settings.attention_context_parallel_size


def are_experts_spread(settings: EngineSettings) -> bool | None:
    """Whether the expert parallel size takes effect; None where the version that decides it is not known."""
    if (settings.expert_parallel_size or 1) == 1:
        return False
    if any(settings.options.get(switch) == "true" for switch in _SWITCHES) or _is_tied(settings):
        return True
    needs_switch = sglang_fact_holds("expert-parallel-size-needs-switch", settings.version)
    return None if needs_switch is None else not needs_switch


def expert_slots(architecture: ModelArchitecture, settings: EngineSettings) -> int | None:
    """Return how many experts each layer stores, redundant ones included; None for a model without experts."""
    experts = architecture.experts
    redundant = read_integer(settings.options.get(REDUNDANT_EXPERTS, "0")) or 0
    return None if experts is None else experts.routed_experts + redundant


def valid_tensor_parallel_sizes(architecture: ModelArchitecture, settings: EngineSettings) -> tuple[int, ...]:
    """Return the tensor parallel sizes that no rule here denies, everything else as the settings say."""
    highest = max(_LARGEST_SIZE_TRIED, min(settings.tensor_parallel_size, 4 * _LARGEST_SIZE_TRIED))
    return tuple(size for size in range(1, highest + 1) if _is_valid(architecture, _with_size(settings, size)))


def _with_size(settings: EngineSettings, size: int) -> EngineSettings:
    tied = _is_tied(settings) or any(settings.options.get(switch) == "true" for switch in _SWITCHES)
    return replace(
        settings,
        tensor_parallel_size=size,
        expert_parallel_size=size if tied else settings.expert_parallel_size,
    )


def _is_tied(settings: EngineSettings) -> bool:
    """Whether an all-to-all backend makes the expert parallel size the tensor parallel size."""
    return spans_experts(settings.options.get(ALL_TO_ALL))


def _is_valid(architecture: ModelArchitecture, settings: EngineSettings) -> bool:
    size = settings.tensor_parallel_size
    groups = (settings.expert_parallel_size or 1) * settings.expert_data_parallel_size
    if (
        size % attention_copies(settings)
        or size % groups
        or size * settings.pipeline_parallel_size % settings.nodes
    ):
        return False
    attention = architecture.attention
    ways = settings.attention_tensor_parallel_size
    if attention is not None:
        if undivided_heads(attention, ways):
            return False
        if not all(kv_heads_divide(kv_heads, ways) for kv_heads in kv_head_counts(attention)):
            return False
    experts = architecture.experts
    slots = expert_slots(architecture, settings)
    if experts is None or slots is None:
        return True
    slice_of_expert, rest = divmod(experts.expert_intermediate_size, settings.expert_tensor_parallel_size)
    quantization = architecture.quantization
    block = quantization.weight_block_size if quantization is not None else None
    keeps_blocks = block is None or all(slice_of_expert % side == 0 for side in block)
    return not rest and keeps_blocks and slots % (settings.expert_parallel_size or 1) == 0
