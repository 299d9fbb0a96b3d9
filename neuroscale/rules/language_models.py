"""Whether a workload serves a language model: certainly, possibly, or as far as anyone can tell not at all.

Rules that are not about an engine's own arithmetic (labels, autoscaling) must not touch the many KServe objects
that serve something else.
"""

from collections.abc import Mapping

from neuroscale.architecture.profile import PROFILE_ANNOTATION
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.workload import ServingWorkload

# Options of huggingfaceserver's --task that generate text; the others classify or embed with small encoders.
_GENERATING_TASKS = frozenset({"text_generation", "text2text_generation"})
_LANGUAGE_MODEL_FORMATS = frozenset({"huggingface", "vllm"})


def serves_language_model(workload: ServingWorkload) -> bool:
    """Whether a workload certainly serves a language model."""
    if workload.manifest.kind == "LLMInferenceService":
        return True
    settings = workload.settings
    if settings is None:
        return False
    if settings.engine != "huggingfaceserver":
        return True
    # Without vLLM's options huggingfaceserver may as well serve an encoder.
    if settings.options.get("--task") in _GENERATING_TASKS or settings.options.get("--backend") == "vllm":
        return True
    return "--task" not in settings.options and (
        settings.world_size > 1 or settings.maximum_model_length_tokens is not None
    )


def may_serve_language_model(workload: ServingWorkload) -> bool:
    """Whether something about a workload points at a language model."""
    manifest = workload.manifest
    if workload.settings is not None or manifest.kind == "LLMInferenceService":
        return True
    if PROFILE_ANNOTATION in manifest.annotations:
        return True
    if workload.model is not None and workload.model.text.startswith("hf://"):
        return True
    return bool(_LANGUAGE_MODEL_FORMATS & _model_formats(manifest)) or _names_language_model_runtime(workload)


def _model_formats(manifest: ManifestObject) -> frozenset[str]:
    predictor = _mapping(_mapping(manifest.body.get("spec")).get("predictor"))
    name = _mapping(_mapping(predictor.get("model")).get("modelFormat")).get("name")
    named = {name.lower()} if isinstance(name, str) else set()
    return frozenset(named | ({"huggingface"} if "huggingface" in predictor else set()))


def _names_language_model_runtime(workload: ServingWorkload) -> bool:
    runtime = (workload.runtime_missing or "").lower()
    return any(engine in runtime for engine in ("vllm", "huggingface", "sglang", "llm"))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
