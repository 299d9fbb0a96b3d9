"""Text Generation Inference's limits and shards must not contradict each other.

## What it does

Checks what the launcher compares before it loads a model: input tokens below total tokens, total tokens within
the tokens of a batch, prefill tokens between them where the version still compares those, one name for the input
limit, a number of shards that suits `--sharded` and EXL2 weights, and at least one validation worker. Environment
variables (`MAX_INPUT_TOKENS`) count like the options they stand for.

## Why it matters

The launcher stops with `ArgumentValidation` after the accelerators were reserved, and the pod restarts for ever.
The names say little of the order: the input limit has to be *smaller* than the total, which holds the input and
what is generated.

## Example

```yaml
args: [--model-id=meta-llama/Llama-3.1-8B-Instruct, --max-input-tokens=8192, --max-total-tokens=8192]
```

## Use instead

```yaml
args: [--model-id=meta-llama/Llama-3.1-8B-Instruct, --max-input-tokens=7168, --max-total-tokens=8192]
```

## Applies to

Text Generation Inference 1.0.0 to 3.3.7: prefill tokens up to 2.3.1, EXL2 from 2.1.0, and limits that are not
written up to 1.4.5, where they have fixed defaults. What depends on a version that is not known is not said.

## References

- Text Generation Inference `launcher/src/main.rs`, read in every release from 1.0.0 to 3.3.7
"""

from collections.abc import Iterator

from neuroscale.engines.parallel_facts import parallel_fact_holds
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.text_generation_inference import NUMBER_OF_SHARDS, SHARDED
from neuroscale.engines.values import read_integer
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.text_generation_inference import text_generation_inference_settings
from neuroscale.rules.vllm import unknown_options

_INPUT_TOKENS = "--max-input-tokens"
_INPUT_LENGTH = "--max-input-length"
_TOTAL_TOKENS = "--max-total-tokens"
_PREFILL_TOKENS = "--max-batch-prefill-tokens"
_BATCH_TOKENS = "--max-batch-total-tokens"
_WORKERS = "--validation-workers"
_QUANTIZE = "--quantize"
_DEFAULTS = {_INPUT_LENGTH: 1024, _TOTAL_TOKENS: 2048, _PREFILL_TOKENS: 4096}

_Contradiction = tuple[tuple[str, ...], str, str]


def _judge(deployment: Deployment) -> Judgement:
    settings = text_generation_inference_settings(deployment)
    if settings is None:
        return
    limits = (_INPUT_TOKENS, _INPUT_LENGTH, _TOTAL_TOKENS, _PREFILL_TOKENS, _BATCH_TOKENS)
    given = tuple(option for option in (*limits, SHARDED, _QUANTIZE, _WORKERS) if option in settings.positions)
    unknown = tuple(unknown_options(deployment, *given))
    if unknown:
        yield from unknown
        return
    for options, message, fix in (*_limits(settings), *_shards(settings)):
        yield Violation(
            path=option_path(deployment.workload, *options),
            message=f'{message}; Text Generation Inference will not start ("ArgumentValidation")',
            fix=fix,
        )


def _limits(settings: EngineSettings) -> Iterator[_Contradiction]:
    if _INPUT_TOKENS in settings.options and _INPUT_LENGTH in settings.options:
        yield (
            (_INPUT_LENGTH,),
            f"{_INPUT_TOKENS} and {_INPUT_LENGTH} are two names of one limit, and both are set",
            f"remove {_INPUT_LENGTH}",
        )
        return
    inputs = _number(settings, _INPUT_TOKENS) or _number(settings, _INPUT_LENGTH)
    total, batch = _number(settings, _TOTAL_TOKENS), _number(settings, _BATCH_TOKENS)
    if inputs is not None and total is not None and inputs >= total:
        yield (
            (_INPUT_TOKENS, _INPUT_LENGTH, _TOTAL_TOKENS),
            f"the {inputs} input tokens leave nothing of the {total} total tokens to generate",
            f"set the input limit below {total}, or {_TOTAL_TOKENS} above {inputs}",
        )
    if total is not None and batch is not None and total > batch:
        yield (
            (_BATCH_TOKENS,),
            f"{_TOTAL_TOKENS} {total} is over {_BATCH_TOKENS} {batch}, which has to hold a whole request",
            f"set {_BATCH_TOKENS} to at least {total}",
        )
    if parallel_fact_holds("text-generation-inference", "prefill-tokens-compared", settings.version) is not True:
        return
    prefill = _number(settings, _PREFILL_TOKENS)
    if prefill is not None and inputs is not None and inputs > prefill:
        yield (
            (_PREFILL_TOKENS, _INPUT_TOKENS, _INPUT_LENGTH),
            f"{_PREFILL_TOKENS} {prefill} cannot hold one request of {inputs} input tokens",
            f"set {_PREFILL_TOKENS} to at least {inputs}",
        )
    if prefill is not None and batch is not None and prefill > batch:
        yield (
            (_BATCH_TOKENS,),
            f"{_PREFILL_TOKENS} {prefill} is over {_BATCH_TOKENS} {batch}",
            f"set {_BATCH_TOKENS} to at least {prefill}",
        )


def _shards(settings: EngineSettings) -> Iterator[_Contradiction]:
    shards = read_integer(settings.options.get(NUMBER_OF_SHARDS, ""))
    if shards == 0:
        yield (NUMBER_OF_SHARDS,), '"`num_shard` cannot be < 1"', f"set {NUMBER_OF_SHARDS} to at least 1"
    elif shards == 1 and settings.options.get(SHARDED) == "true":
        yield (
            (SHARDED, NUMBER_OF_SHARDS),
            '"`sharded` is true but `num_shard` <= 1"',
            f"remove {SHARDED}, or set {NUMBER_OF_SHARDS}",
        )
    needs_one = parallel_fact_holds("text-generation-inference", "exl2-needs-one-shard", settings.version)
    if shards is not None and shards > 1 and settings.options.get(_QUANTIZE) == "exl2" and needs_one:
        yield (
            (_QUANTIZE, NUMBER_OF_SHARDS),
            f'{shards} shards: "Sharding is currently not supported with `exl2` quantization"',
            f"set {NUMBER_OF_SHARDS} to 1",
        )
    if read_integer(settings.options.get(_WORKERS, "")) == 0:
        yield (_WORKERS,), '"`validation_workers` must be > 0"', f"remove {_WORKERS}"


def _number(settings: EngineSettings, option: str) -> int | None:
    text = settings.options.get(option)
    if text is not None:
        return read_integer(text)
    variable = option.removeprefix("--").replace("-", "_").upper()
    has_defaults = parallel_fact_holds("text-generation-inference", "token-limits-have-defaults", settings.version)
    return _DEFAULTS.get(option) if has_defaults and not settings.may_have_variable(variable) else None


RULE = Rule(
    identifier="NS805",
    name="text-generation-inference-settings-contradict",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
