"""Expert load balancing needs expert parallelism and an even share of experts per rank.

## What it does

Checks what `--enable-eplb` asks for: expert parallelism, more than one rank to balance over, and a number of routed
plus redundant experts that the expert-parallel ranks divide. Redundant experts without `--enable-eplb` are refused
as well, and so are experts of AWQ checkpoints and of gpt-oss, whose kernels cannot balance; for GPTQ that is a
warning.

## Why it matters

Each of these stops vLLM: `ValueError: enable_expert_parallel must be True to use EPLB.`, or once the weights are
being laid out, `EPLB currently only supports even distribution of experts across ranks.` Without load balancing an
uneven split of the experts is legal, so a size that worked stops working when the flag is added: 128 experts over 6
ranks start, 128 experts over 6 ranks with load balancing need 4 redundant ones.

## Example

```yaml
args: ["--model=Qwen/Qwen3-30B-A3B", "--data-parallel-size=6", "--enable-expert-parallel", "--enable-eplb"]
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen3-30B-A3B", "--data-parallel-size=6", "--enable-expert-parallel", "--enable-eplb",
       "--eplb-config.num_redundant_experts=4"]   # (128 + 4) / 6 = 22 per rank
```

## Applies to

vLLM 0.10.2 and later, also inside huggingfaceserver; a warning where the image tag does not tell the version.
Models with experts of weight zero beside the routed ones are left alone. So is an uneven split in a class of models
that hands no load balancing to its experts (MiniMax-M2, Qwen2-MoE): vLLM starts and balances nothing. What their
kernels can do is checked from 0.24.0 on; redundant experts are refused for GLM-4.7-Flash in every version.

## References

- vLLM `config/parallel.py`, `fused_moe/layer.py` and `fused_moe/routed_experts.py`, read in 0.9.2 to 0.33.0
- vLLM `quantization/awq*.py`, `gptq*.py`, `auto_awq.py`, `auto_gptq.py` and `moe_wna16.py`, read in 0.10.2 to
  0.33.0
- vLLM `model_executor/models`, which classes pass `enable_eplb` to their experts, read in 0.10.2 to 0.33.0
"""

from packaging.version import Version

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.rules.divisibility import engine_sees_experts
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.fp8_blocks import excludes_module
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import (
    DATA_PARALLEL,
    EXPERT_PARALLEL,
    PREFILL_CONTEXT_PARALLEL,
    TENSOR_PARALLEL,
    are_known,
    vllm_settings,
)
from neuroscale.sizing.rank_layout import configured_redundant_experts, redundant_experts

_BALANCING = "--enable-eplb"
_CONFIGURATION = "--eplb-config"
_QUANTIZATION = "--quantization"
_FIRST_VERSION_JUDGED = Version("0.10.2")
# Classes that hand load balancing to their experts, and the first release in which they do.
_BALANCED_SINCE = {
    "AfmoeForCausalLM": _FIRST_VERSION_JUDGED,
    "DeepseekV2ForCausalLM": _FIRST_VERSION_JUDGED,
    "DeepseekV3ForCausalLM": _FIRST_VERSION_JUDGED,
    "Ernie4_5_MoeForCausalLM": Version("0.11.2"),
    "Glm4MoeForCausalLM": _FIRST_VERSION_JUDGED,
    "LongcatFlashForCausalLM": _FIRST_VERSION_JUDGED,
    "MiMoV2FlashForCausalLM": _FIRST_VERSION_JUDGED,
    "MixtralForCausalLM": Version("0.11.0"),
    "NemotronHForCausalLM": Version("0.11.2"),
    "PanguUltraMoEForCausalLM": _FIRST_VERSION_JUDGED,
    "Qwen3MoeForCausalLM": _FIRST_VERSION_JUDGED,
    "Qwen3NextForCausalLM": _FIRST_VERSION_JUDGED,
    "Step3p5ForCausalLM": _FIRST_VERSION_JUDGED,
}
# Of each declared format the values of --quantization that lead to its own kernels.
_KERNELS_THAT_CANNOT_BALANCE = {
    "awq": frozenset({None, "auto_awq", "awq", "awq_marlin", "moe_wna16"}),
    "gptq": frozenset({None, "auto_gptq", "gptq", "gptq_marlin", "moe_wna16"}),
}
# The same for a class whose experts have a method of their own.
_GPT_OSS = "GptOssForCausalLM"
_KERNELS_OF_GPT_OSS = frozenset({None, "gpt_oss_mxfp4", "mxfp4"})
# They hand redundant experts to their layers, and load balancing not.
_CLASSES_WITHOUT_REDUNDANT_EXPERTS = frozenset({"Glm4MoeLiteForCausalLM"})
# They may leave modules unquantised in a way that the architecture does not tell.
_FORMATS_WITH_EXCEPTIONS = frozenset({"gptq"})
# From then on the layer reads the configuration, whatever its model's class hands over.
_FIRST_CHECKED_FOR_EVERY_CLASS = Version("0.24.0")
_FIRST_CHECKED_BY_THE_LAYER = Version("0.12.0")
_OPTIONS = (
    _BALANCING,
    _CONFIGURATION,
    EXPERT_PARALLEL,
    TENSOR_PARALLEL,
    PREFILL_CONTEXT_PARALLEL,
    DATA_PARALLEL,
)


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    if settings is None or not are_known(deployment, *_OPTIONS):
        return
    if settings.version is not None and settings.version < _FIRST_VERSION_JUDGED:
        return
    if settings.options.get(_BALANCING) != "true":
        yield from _redundant_without_balancing(deployment, settings)
        return
    path = option_path(deployment.workload, _BALANCING)
    ranks = _ranks(settings)
    if not settings.enable_expert_parallel:
        yield Violation(
            path=path,
            message=(
                f"{_BALANCING} balances the experts of expert-parallel ranks, and {EXPERT_PARALLEL} is not given; "
                'vLLM will not start: "enable_expert_parallel must be True to use EPLB."'
            ),
            fix=f"add {EXPERT_PARALLEL}, or remove {_BALANCING}",
            severity=_severity(settings),
        )
    elif ranks == 1:
        yield Violation(
            path=path,
            message=(
                f'{_BALANCING} has one rank to balance over; vLLM will not start: "EPLB requires '
                'tensor_parallel_size or data_parallel_size to be greater than 1"'
            ),
            fix=f"remove {_BALANCING}, or raise {TENSOR_PARALLEL} or {DATA_PARALLEL}",
            severity=_severity(settings),
        )
    elif deployment.architecture is not None:
        yield from _of_the_model(deployment, deployment.architecture, settings, ranks)


def _redundant_without_balancing(deployment: Deployment, settings: EngineSettings) -> Judgement:
    redundant = configured_redundant_experts(settings)
    if not redundant:
        return
    yield Violation(
        path=option_path(deployment.workload, _CONFIGURATION),
        message=(
            f"{redundant} redundant experts are asked for without {_BALANCING}; vLLM will not start: "
            f'"num_redundant_experts is set to {redundant} but EPLB is not enabled."'
        ),
        fix=f"add {_BALANCING}, or remove num_redundant_experts from {_CONFIGURATION}",
        severity=_severity(settings),
    )


def _of_the_model(
    deployment: Deployment, architecture: ModelArchitecture, settings: EngineSettings, ranks: int
) -> Judgement:
    experts = architecture.experts
    if experts is None or experts.zero_experts or not engine_sees_experts(architecture):
        return
    is_balanced = _is_balanced(architecture, settings.version)
    is_checked = is_balanced or (
        settings.version is not None and settings.version >= _FIRST_CHECKED_FOR_EVERY_CLASS
    )
    cannot_balance = _has_kernel_that_cannot_balance(architecture, settings)
    if is_checked and cannot_balance and are_known(deployment, _QUANTIZATION):
        yield _kernel_cannot_balance(deployment, architecture, settings)
        if architecture.quantization is None or architecture.quantization.method not in _FORMATS_WITH_EXCEPTIONS:
            return
    redundant = redundant_experts(settings)
    if redundant and _CLASSES_WITHOUT_REDUNDANT_EXPERTS.intersection(architecture.class_names):
        yield Violation(
            path=option_path(deployment.workload, _CONFIGURATION, _BALANCING),
            message=(
                f"vLLM balances no experts of {architecture.class_names[0]}, and {redundant} redundant ones are "
                'asked for; it will not start: "Redundant experts are only supported with EPLB."'
            ),
            fix=f"remove num_redundant_experts from {_CONFIGURATION}, and {_BALANCING}",
            severity=_severity(settings),
        )
    if not is_balanced:
        return
    physical = experts.routed_experts + redundant
    if physical % ranks == 0:
        return
    missing = -physical % ranks
    yield Violation(
        path=option_path(deployment.workload, _CONFIGURATION, _BALANCING),
        message=(
            f"{experts.routed_experts} routed and {redundant} redundant experts are not divisible by the {ranks} "
            'expert-parallel ranks; vLLM will not start: "EPLB currently only supports even distribution of '
            'experts across ranks."'
        ),
        fix=(
            f"set num_redundant_experts to {redundant + missing} in {_CONFIGURATION}, or remove {_BALANCING}, "
            "without which an uneven split is allowed"
        ),
        severity=_severity(settings),
    )


def _has_kernel_that_cannot_balance(architecture: ModelArchitecture, settings: EngineSettings) -> bool:
    """Whether the experts are of a format none of whose kernels takes load balancing, in any release."""
    quantization = architecture.quantization
    if quantization is None or excludes_module(quantization, "experts"):
        return False
    if _GPT_OSS in architecture.class_names and quantization.method == "mxfp4":
        return settings.quantization in _KERNELS_OF_GPT_OSS
    return settings.quantization in _KERNELS_THAT_CANNOT_BALANCE.get(quantization.method, ())


def _kernel_cannot_balance(
    deployment: Deployment, architecture: ModelArchitecture, settings: EngineSettings
) -> Violation:
    method = architecture.quantization.method if architecture.quantization is not None else ""
    return Violation(
        path=option_path(deployment.workload, _BALANCING),
        message=(
            f"the kernels of {method} experts cannot balance their load; {_unless_left_out(method)}vLLM will not "
            f'start: "{_refusal_of_kernel(settings.version)}"'
        ),
        fix=f"remove {_BALANCING}, or serve an FP8 or unquantised checkpoint",
        severity=Severity.WARN if method in _FORMATS_WITH_EXCEPTIONS else _severity(settings),
    )


def _unless_left_out(method: str) -> str:
    return "unless its `dynamic` settings leave them unquantised, " if method in _FORMATS_WITH_EXCEPTIONS else ""


def _refusal_of_kernel(version: Version | None) -> str:
    is_early = version is not None and version < _FIRST_CHECKED_BY_THE_LAYER
    return "EPLB not supported for ... yet." if is_early else "EPLB is not supported ..."


def _is_balanced(architecture: ModelArchitecture, version: Version | None) -> bool:
    """Whether the model's class hands load balancing to its experts; an unknown version may be the newest."""
    since = [_BALANCED_SINCE[name] for name in architecture.class_names if name in _BALANCED_SINCE]
    return any(version is None or version >= first for first in since)


def _severity(settings: EngineSettings) -> Severity | None:
    return Severity.WARN if settings.version is None else None


def _ranks(settings: EngineSettings) -> int:
    return settings.tensor_parallel_size * settings.prefill_context_parallel_size * settings.data_parallel_size


RULE = Rule(
    identifier="NS107",
    name="expert-load-balancing-not-possible",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
