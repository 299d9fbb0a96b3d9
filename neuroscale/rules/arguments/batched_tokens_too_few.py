"""One step must take a token of every sequence, and without chunking a whole prompt.

## What it does

Checks `--max-num-batched-tokens` against `--max-num-seqs`, and, where chunked prefill is switched off, against the
maximum length.

## Why it matters

vLLM stops: `ValueError: max_num_batched_tokens (128) must be greater than or equal to max_num_seqs (256).` Lowering
the batched tokens to save memory is usual; it goes below the sequences, or with `--no-enable-chunked-prefill` below
the longest prompt: `max_num_batched_tokens (8192) is smaller than max_model_len (32768). This effectively limits
the maximum sequence length to max_num_batched_tokens and makes vLLM reject longer sequences.`

## Example

```yaml
args: ["--model=Qwen/Qwen3-32B", "--max-model-len=32768", "--no-enable-chunked-prefill",
       "--max-num-batched-tokens=8192"]
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen3-32B", "--max-model-len=32768", "--max-num-batched-tokens=8192"]
```

## Applies to

vLLM 0.8.5 to 0.33.0 where both figures are given; the maximum length from 0.11.2 on, because earlier releases chunk
prompts whatever the option says.

## References

- vLLM `config/scheduler.py` (`SchedulerConfig.verify_max_model_len`) and `engine/arg_utils.py`, read in 0.8.5
  to 0.33.0
"""

from collections.abc import Iterator

from packaging.version import Version

from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.values import read_human_readable_integer
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import are_known, vllm_settings

_OPTION = "--max-num-batched-tokens"
_SEQUENCES, _LENGTH, _CHUNKED = "--max-num-seqs", "--max-model-len", "--enable-chunked-prefill"
_FIRST_THAT_DOES_NOT_CHUNK = Version("0.11.2")


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    if settings is None:
        return
    batched = read_human_readable_integer(settings.options.get(_OPTION, ""))
    if batched is None or batched < 1 or not are_known(deployment, _OPTION):
        return
    yield from _fewer_than_sequences(deployment, settings, batched)
    yield from _shorter_than_a_prompt(deployment, settings, batched)


def _fewer_than_sequences(deployment: Deployment, settings: EngineSettings, batched: int) -> Iterator[Violation]:
    sequences = settings.maximum_sequences
    if sequences is None or batched >= sequences or not are_known(deployment, _SEQUENCES):
        return
    yield Violation(
        path=option_path(deployment.workload, _OPTION),
        message=(
            f"{batched} batched tokens cannot hold one token of each of {sequences} sequences; vLLM will not "
            f'start: "max_num_batched_tokens ({batched}) must be greater than or equal to max_num_seqs '
            f'({sequences})."'
        ),
        fix=f"set {_OPTION} to at least {sequences}, or {_SEQUENCES} to at most {batched}",
    )


def _shorter_than_a_prompt(deployment: Deployment, settings: EngineSettings, batched: int) -> Iterator[Violation]:
    length = settings.maximum_model_length_tokens
    if not isinstance(length, int) or batched >= length or settings.options.get(_CHUNKED) != "false":
        return
    if settings.version is None or settings.version < _FIRST_THAT_DOES_NOT_CHUNK:
        return
    if not are_known(deployment, _LENGTH, _CHUNKED):
        return
    yield Violation(
        path=option_path(deployment.workload, _OPTION),
        message=(
            f"without chunked prefill a prompt of {length} tokens has to fit {batched} batched tokens; vLLM will "
            f'not start: "max_num_batched_tokens ({batched}) is smaller than max_model_len ({length})."'
        ),
        fix=f"remove --no-enable-chunked-prefill, or set {_OPTION} to at least {length}",
    )


RULE = Rule(
    identifier="NS304",
    name="batched-tokens-too-few",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
