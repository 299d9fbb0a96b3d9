"""Adapters need LoRA to be switched on, and a store that holds as many as a batch may use.

## What it does

Flags `--lora-modules` without `--enable-lora`, a `--max-cpu-loras` below `--max-loras`, and values of
`--max-lora-rank` that the version has no kernels for.

## Why it matters

Adapters named on the command line are loaded once the weights are, and only then vLLM finds LoRA switched off:
`ValueError: Call to add_lora method failed: LoRA is not enabled. Use --enable-lora to enable LoRA.` Minutes of
loading are spent for each restart. The other two stop it earlier: `max_cpu_loras (2) must be >= max_loras (4).` and
`max_lora_rank (24) must be one of (8, 16, 32, 64, 128, 256, 320, 512).`

## Example

```yaml
args: ["--model=Qwen/Qwen3-8B", "--lora-modules", "sql=/mnt/adapters/sql"]
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen3-8B", "--enable-lora", "--lora-modules", "sql=/mnt/adapters/sql"]
```

## Applies to

vLLM 0.8.5 to 0.33.0; adapters on the command line not inside huggingfaceserver. Ranks up to 0.11.0: later parsers
refuse a wrong one themselves (NS302). More adapters than `--max-loras` are no fault: they take turns.

## References

- vLLM, configuration of LoRA (`LoRAConfig`), `init_static_loras` of the served models and
  `v1/worker/lora_model_runner_mixin.py`, read in 0.8.5 to 0.33.0
"""

from collections.abc import Iterator

from packaging.version import Version

from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.values import read_integer
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import unknown_options, vllm_settings

_ENABLE = "--enable-lora"
_MODULES = "--lora-modules"
_IN_A_BATCH = "--max-loras"
_IN_MEMORY = "--max-cpu-loras"
_RANK = "--max-lora-rank"
# Source: vLLM 0.8.5 to 0.11.0, LoRAConfig.
_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
_LAST_TO_CHECK_RANKS_LATE = Version("0.11.0")


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    if settings is None:
        return
    violations = tuple(_violations(deployment, settings))
    unknown = tuple(unknown_options(deployment, _ENABLE, _MODULES, _IN_A_BATCH, _IN_MEMORY, _RANK))
    if violations and unknown:
        yield from unknown
    else:
        yield from violations


def _violations(deployment: Deployment, settings: EngineSettings) -> Iterator[Violation]:
    is_enabled = settings.options.get(_ENABLE) == "true"
    if not is_enabled:
        modules = settings.options.get(_MODULES)
        serves = settings.engine == "vllm" and settings.options.get("--headless") != "true"
        if modules and modules != "None" and serves:
            yield Violation(
                path=option_path(deployment.workload, _MODULES),
                message=(
                    f"{_MODULES} names adapters and {_ENABLE} is not given; vLLM stops after it has loaded the "
                    'weights: "LoRA is not enabled. Use --enable-lora to enable LoRA."'
                ),
                fix=f"add {_ENABLE}, or remove {_MODULES}",
            )
        return
    yield from _store(deployment, settings)
    rank = _integer(settings, _RANK)
    if rank is not None and rank not in _RANKS and _checks_ranks_late(settings):
        yield Violation(
            path=option_path(deployment.workload, _RANK),
            message=(
                f'{_RANK} {rank} is no rank that vLLM has kernels for; it will not start: "max_lora_rank ({rank}) '
                'must be one of (8, 16, 32, 64, 128, 256, 320, 512)."'
            ),
            fix=f"set {_RANK} to {next((known for known in _RANKS if known >= rank), _RANKS[-1])}",
        )


def _store(deployment: Deployment, settings: EngineSettings) -> Iterator[Violation]:
    in_memory = _integer(settings, _IN_MEMORY)
    in_a_batch = _integer(settings, _IN_A_BATCH) if _IN_A_BATCH in settings.options else 1
    # Zero and less stand for "as many as in a batch".
    if in_memory is None or in_memory < 1 or in_a_batch is None or in_memory >= in_a_batch:
        return
    yield Violation(
        path=option_path(deployment.workload, _IN_MEMORY, _IN_A_BATCH),
        message=(
            f"{_IN_MEMORY} {in_memory} holds fewer adapters than the {in_a_batch} of {_IN_A_BATCH}; vLLM will not "
            f'start: "max_cpu_loras ({in_memory}) must be >= max_loras ({in_a_batch})"'
        ),
        fix=f"set {_IN_MEMORY} to {in_a_batch} or more, or remove it: it is then {in_a_batch}",
    )


def _checks_ranks_late(settings: EngineSettings) -> bool:
    return settings.version is not None and settings.version <= _LAST_TO_CHECK_RANKS_LATE


def _integer(settings: EngineSettings, option: str) -> int | None:
    text = settings.options.get(option)
    return None if text is None else read_integer(text)


RULE = Rule(
    identifier="NS308",
    name="lora-options-do-not-fit",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
