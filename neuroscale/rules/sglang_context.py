"""The longest context that SGLang derives from a model, and what it says about a longer one.

Source: SGLang wheels 0.4.6.post5 to 0.5.23, `get_context_length` and `ModelConfig._derive_context_length`.
"""

from collections.abc import Iterator

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.sglang_facts import sglang_fact_holds
from neuroscale.rules.finding import Judgement, MissingFact, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.sglang import sglang_settings
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import partly_read, unknown_options

_OPTION = "--context-length"
_PERMISSION = "SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN"
# The engine takes a run of its own tests for a permission too.
_PERMISSIONS = (_PERMISSION, "SGLANG_IS_IN_CI")
_ON = frozenset({"true", "1"})
# The engine asks for other names first, of which the architecture keeps the one that decides in vLLM.
_READ_NAME = "max_position_embeddings"


def judge_sglang_context(deployment: Deployment) -> Judgement:
    """Yield a violation where SGLang refuses the context length, or why that cannot be judged."""
    settings = sglang_settings(deployment)
    if settings is None or not isinstance(settings.maximum_model_length_tokens, int):
        return
    refuses = sglang_fact_holds("longer-context-refused", settings.version)
    if refuses is False or any(settings.environment.get(name, "").lower() in _ON for name in _PERMISSIONS):
        return
    unknown = tuple(unknown_options(deployment, _OPTION))
    if unknown:
        yield from unknown
        return
    architecture = deployment.architecture
    derived = None if architecture is None else _derived_tokens(architecture)
    if derived is None:
        yield from (MissingFact(gap.path, gap.message, gap.fix, Severity.INFO) for gap in partly_read(deployment))
        return
    asked = settings.maximum_model_length_tokens
    if asked > derived:
        yield from _violation(deployment, settings, asked, derived, is_refused=refuses is True)


def _violation(
    deployment: Deployment, settings: EngineSettings, asked: int, derived: int, *, is_refused: bool
) -> Iterator[Violation]:
    permission = f"or set {_PERMISSION}=1 if the model was made for it"
    is_certain = is_refused and not any(settings.may_have_variable(name) for name in _PERMISSIONS)
    yield Violation(
        path=option_path(deployment.workload, _OPTION),
        message=(
            f"{_OPTION} {asked} is over the model's {derived} tokens; SGLang from 0.5.2 will not start: "
            f'"User-specified context_length ({asked}) is greater than the derived context_length ({derived})"'
        ),
        fix=f"set {_OPTION} to at most {derived}, {permission}",
        severity=None if is_certain else Severity.WARN,
    )


def _derived_tokens(architecture: ModelArchitecture) -> int | None:
    """Return what the engine derives; None where the configuration states it in a way that was not followed."""
    context = architecture.context
    if context is None or context.stated_in is None or context.stated_in.split(".")[-1] != _READ_NAME:
        return None
    if context.rope_type is None or context.rope_type == "llama3" or context.rope_original_tokens is not None:
        return context.original_tokens
    return int(context.original_tokens * context.rope_factor)
