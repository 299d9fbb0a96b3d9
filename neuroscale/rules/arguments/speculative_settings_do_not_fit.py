"""The settings of speculative decoding must fit each other and the engine.

## What it does

Checks the object of `--speculative-config`: a method that the version has, a positive number of tokens, n-gram
bounds in order, and a draft's tensor parallel size that is 1 or the model's own.

## Why it matters

Each of these stops vLLM while it builds its configuration: `num_speculative_tokens must be provided with
speculative model unless the draft model config contains an n_predict parameter.`, `prompt_lookup_min=5 must be <=
prompt_lookup_max=4`, `speculative_draft_tensor_parallel_size=2 cannot be other value than 1 or target model
tensor_parallel_size`.

## Example

```yaml
args: ["--model=meta-llama/Llama-3.3-70B-Instruct", "--tensor-parallel-size=4",
       '--speculative-config={"method": "eagle3", "model": "acme/draft", "num_speculative_tokens": 3,
         "draft_tensor_parallel_size": 2}']
```

## Use instead

```yaml
args: ["--model=meta-llama/Llama-3.3-70B-Instruct", "--tensor-parallel-size=4",
       '--speculative-config={"method": "eagle3", "model": "acme/draft", "num_speculative_tokens": 3,
         "draft_tensor_parallel_size": 1}']
```

## Applies to

vLLM 0.8.5 to 0.33.0. Methods: 0.16.0 to 0.33.0, a warning where the image tag does not tell the version. The key
`tensor_parallel_size`: refused from 0.15.1.

## References

- vLLM, `SpeculativeConfig` in `config/speculative.py` (before 0.11 in `config.py`), read in 0.8.5 to 0.33.0
"""

import json
from collections.abc import Iterator, Mapping

from packaging.version import Version

from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_configuration_keys import refuses_unknown_keys, speculative_methods
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import NOT_READ, TENSOR_PARALLEL, unknown_options, vllm_settings
from neuroscale.suggestions import closest_names

_OPTION = "--speculative-config"
_LONGEST_VALUE = 20_000
_SHOWN_METHOD_LENGTH = 40
_N_GRAM_METHODS = frozenset({"ngram", "[ngram]", "ngram_gpu"})
_METHODS_WITHOUT_DRAFT = _N_GRAM_METHODS | {"suffix", "custom_class", "extract_hidden_states"}
_FIRST_TO_NAME_THE_DRAFTS_SIZE = Version("0.15.1")

# What is wrong, what the engine says, what to do, and whether that is certain.
_Fault = tuple[str, str, str, bool]


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    value = None if settings is None else _value(settings)
    if settings is None or value is None:
        return
    unknown = tuple(unknown_options(deployment, _OPTION, TENSOR_PARALLEL))
    if unknown:
        yield from unknown
        return
    for what, error, fix, is_certain in _faults(settings, value):
        doubt = "" if is_certain else f", {NOT_READ}"
        yield Violation(
            path=option_path(deployment.workload, _OPTION),
            message=f"{what}; vLLM will not start{doubt}: {error}",
            fix=fix,
            severity=None if is_certain else Severity.WARN,
        )


def _value(settings: EngineSettings) -> Mapping[str, object] | None:
    text = settings.options.get(_OPTION)
    if text is None or len(text) > _LONGEST_VALUE:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _faults(settings: EngineSettings, value: Mapping[str, object]) -> Iterator[_Fault]:
    method = value.get("method")
    if isinstance(method, str):
        yield from _method_faults(settings, method)
    has_n_grams = method in _N_GRAM_METHODS or (method is None and value.get("model") in _N_GRAM_METHODS)
    tokens = value.get("num_speculative_tokens")
    if isinstance(tokens, int) and not isinstance(tokens, bool) and tokens < 1:
        yield (
            f"num_speculative_tokens {tokens} drafts nothing",
            "num_speculative_tokens must be greater than 0",
            f"give 1 or more, or remove {_OPTION}",
            True,
        )
    elif tokens is None and has_n_grams and "num_speculative_tokens_per_batch_size" not in value:
        yield (
            "the n-gram method is told no number of tokens",
            '"num_speculative_tokens must be provided with speculative model ..."',
            "add num_speculative_tokens, for example 4",
            True,
        )
    if has_n_grams:
        yield from _n_gram_faults(value)
    elif method not in _METHODS_WITHOUT_DRAFT:
        yield from _draft_faults(settings, value)
    if value.get("tensor_parallel_size") is not None:
        yield from _wrong_size_key(settings)


def _method_faults(settings: EngineSettings, method: str) -> Iterator[_Fault]:
    version = settings.version
    refuses = None if version is None else refuses_unknown_keys(version)
    known = [each.name for each in speculative_methods() if version is None or not each.is_absent(version)]
    if method in known or refuses is False:
        return
    shown = "".join(letter if letter.isprintable() else "?" for letter in method[:_SHOWN_METHOD_LENGTH])
    alike = closest_names(method, known) or known[:3]
    release = "" if version is None else f" {version}"
    yield (
        f"vLLM{release} has no speculative method {shown!r}",
        f"\"Input should be 'ngram', [...] [type=literal_error, input_value={shown!r}]\"",
        f"{_newer_release(method)}set method to {' or '.join(alike)}",
        refuses is True,
    )


def _newer_release(method: str) -> str:
    """Name the release that brought a method, where it is one that later releases have."""
    last_without = next((each.absent_until for each in speculative_methods() if each.name == method), None)
    return "" if last_without is None else f"use a vLLM newer than {last_without}, or "


def _n_gram_faults(value: Mapping[str, object]) -> Iterator[_Fault]:
    least, most = value.get("prompt_lookup_min"), value.get("prompt_lookup_max")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield (
            f"n-grams of {least} to {most} tokens are none",
            f'"prompt_lookup_min={least} must be <= prompt_lookup_max={most}"',
            f"set prompt_lookup_min to {most} or less",
            True,
        )


def _draft_faults(settings: EngineSettings, value: Mapping[str, object]) -> Iterator[_Fault]:
    size = value.get("draft_tensor_parallel_size")
    target = settings.tensor_parallel_size
    names_draft = value.get("model") is not None or value.get("method") is not None
    if names_draft and isinstance(size, int) and not isinstance(size, bool) and size not in {1, target}:
        yield (
            f"draft_tensor_parallel_size {size} is neither 1 nor the {target} of {TENSOR_PARALLEL}",
            f'"speculative_draft_tensor_parallel_size={size} cannot be other value than 1 or target model [...]"',
            "set draft_tensor_parallel_size to 1" + (f" or {target}" if target > 1 else ", or remove it"),
            True,
        )


def _wrong_size_key(settings: EngineSettings) -> Iterator[_Fault]:
    version = settings.version
    if version is None or version >= _FIRST_TO_NAME_THE_DRAFTS_SIZE:
        yield (
            "tensor_parallel_size is not how the draft's size is set",
            "\"'tensor_parallel_size' is not a valid argument in the speculative_config.\"",
            "write draft_tensor_parallel_size",
            version is not None,
        )


RULE = Rule(
    identifier="NS310",
    name="speculative-settings-do-not-fit",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
