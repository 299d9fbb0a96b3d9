"""The type of the KV cache must be one that the release has, for this model.

## What it does

Checks `--kv-cache-dtype` against the names that the release knows where its parser takes any text, against the data
type of the model, and against the kind of attention: the packed rows of sparse latent attention (`fp8_ds_mla`,
`nvfp4_ds_mla`), `nvfp4`, and the types with a scale per token and head.

## Why it matters

From 0.33.0 the parser takes any text, and the configuration refuses what it does not know: `Invalid kv_cache_dtype:
'int8'`. A 16-bit type has to be the model's own: `kv_cache_dtype="bfloat16" is incompatible with dtype="float16".`
And a type that no attention kernel has for the model is found out while the model is built: `No valid attention
backend found`, or `nvfp4 KV cache is not supported with MLA (Multi-head Latent Attention) backends.`

## Example

```yaml
args: ["--model=deepseek-ai/DeepSeek-V3", "--tensor-parallel-size=8", "--kv-cache-dtype=int8_per_token_head"]
```

## Use instead

```yaml
args: ["--model=deepseek-ai/DeepSeek-V3", "--tensor-parallel-size=8", "--kv-cache-dtype=fp8"]
```

## Applies to

vLLM. Names: 0.33.0 and later, denied for images of the project itself and a warning for others, in
which an extension may register more; earlier releases refuse names in their parser (NS302). 16-bit types: 0.33.0
and later, where `--dtype` names another one. `nvfp4` on latent attention: 0.21.0 and later. On NVIDIA GPUs, packed
rows without sparse latent attention: 0.11.2 and later; a scale per token and head on latent attention: 0.20.0 and
later. Silent where `VLLM_MLA_DISABLE` is set, and about what a kernel asks of the accelerator, which changes with
every release.

## References

- vLLM `config/cache.py` (`CacheDType`) and `config/vllm.py`, read in 0.8.5 to 0.33.0
- vLLM `platforms/cuda.py` and `supported_kv_cache_dtypes` of the backends in `v1/attention`, read in 0.11.2 to
  0.33.0
"""

from packaging.version import Version

from neuroscale.architecture.model import Attention, ModelArchitecture
from neuroscale.engines.image import parse_image
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_facts import fact_holds
from neuroscale.engines.vllm_quantization import kv_cache_types
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import are_known, vllm_settings
from neuroscale.suggestions import closest_names

_OPTION = "--kv-cache-dtype"
_DATA_TYPE = "--dtype"
_ATTENTION_SWITCH = "VLLM_MLA_DISABLE"
_NVIDIA_GPU = "nvidia.com/gpu"
_SHOWN_LENGTH = 40
# Images in which nobody has registered further types.
_OWN_REPOSITORIES = ("vllm/vllm-openai",)
_DATA_TYPES = {
    "half": "float16",
    "float16": "float16",
    "bfloat16": "bfloat16",
    "float": "float32",
    "float32": "float32",
}
_SIXTEEN_BITS = frozenset({"float16", "bfloat16"})
_PACKED_ROWS = frozenset({"fp8_ds_mla", "nvfp4_ds_mla"})
_FOUR_BITS = frozenset({"nvfp4", "nvfp4_4over6"})
_SCALES_PER_HEAD = "_per_token_head"
_FIRST_WITH_SCALES_PER_TOKEN = Version("0.20.0")
# vLLM takes the latent path for these in every release with the types that are judged.
_LATENT_TYPES = frozenset(
    {"deepseek_v2", "deepseek_v3", "deepseek_v32", "glm4_moe_lite", "glm_moe_dsa", "kimi_k2", "longcat_flash"}
)


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    if settings is None or settings.kv_cache_data_type is None or not are_known(deployment, _OPTION):
        return
    stated = settings.kv_cache_data_type
    known = kv_cache_types(settings.version)
    path = option_path(deployment.workload, _OPTION)
    if known is not None and stated not in known:
        closest = closest_names(stated[:_SHOWN_LENGTH], known)
        yield Violation(
            path=path,
            message=(
                f"vLLM has no type of the KV cache called {stated[:_SHOWN_LENGTH]!r} and will not start: "
                f'"Invalid kv_cache_dtype: {stated[:_SHOWN_LENGTH]!r}"'
            ),
            fix=f"write {' or '.join(closest)}" if closest else "write fp8, or remove the option",
            severity=None if _is_own_image(deployment) else Severity.WARN,
        )
        return
    for problem in (_contradiction(deployment, settings), _unservable(deployment, settings)):
        if problem is not None:
            yield Violation(path=path, message=problem, fix=f"set {_OPTION} to fp8, or remove it")


def _contradiction(deployment: Deployment, settings: EngineSettings) -> str | None:
    """Return where a 16-bit type is not the stated data type of the model."""
    stated = settings.kv_cache_data_type or ""
    data_type = _DATA_TYPES.get((settings.data_type or "").lower())
    if stated not in _SIXTEEN_BITS or data_type in {None, stated} or not are_known(deployment, _DATA_TYPE):
        return None
    if fact_holds("kv-cache-type-must-match-data-type", settings.version) is not True:
        return None
    return (
        f"the KV cache is asked for in {stated} and the model in {data_type}; vLLM will not start: "
        f'\'kv_cache_dtype="{stated}" is incompatible with dtype="{data_type}".\''
    )


def _unservable(deployment: Deployment, settings: EngineSettings) -> str | None:
    """Return where no kernel has the type for the attention of this model."""
    architecture, version = deployment.architecture, settings.version
    if architecture is None or architecture.attention is None:
        return None
    if _ATTENTION_SWITCH in settings.environment or settings.may_have_variable(_ATTENTION_SWITCH):
        return None
    stated = settings.kv_cache_data_type or ""
    request = deployment.workload.accelerators
    is_nvidia = request is not None and request.resource_name == _NVIDIA_GPU
    if is_nvidia and stated in _PACKED_ROWS and _is_dense(architecture.attention):
        if fact_holds("kv-cache-type-chooses-attention-backend", version) is not True:
            return None
        return (
            f"{stated} is the packed row of sparse latent attention, which {architecture.model_type} has not; "
            'vLLM will not start: "No valid attention backend found"'
        )
    if not _is_latent(architecture) or version is None:
        return None
    if stated in _FOUR_BITS and fact_holds("nvfp4-kv-cache-refuses-latent-attention", version) is True:
        return (
            f"{architecture.model_type} caches latent rows; vLLM will not start: "
            '"nvfp4 KV cache is not supported with MLA (Multi-head Latent Attention) backends."'
        )
    if is_nvidia and stated.endswith(_SCALES_PER_HEAD) and version >= _FIRST_WITH_SCALES_PER_TOKEN:
        return (
            f"no kernel for the latent rows of {architecture.model_type} has {stated}; vLLM will not start: "
            '"No valid attention backend found"'
        )
    return None


def _is_latent(architecture: ModelArchitecture) -> bool:
    attention = architecture.attention
    return attention is not None and attention.is_latent and architecture.model_type in _LATENT_TYPES


def _is_dense(attention: Attention) -> bool:
    """Whether no layer keeps latent or compressed rows, or chooses among them."""
    return not attention.is_latent and all(
        group.kind in {"full", "sliding", "chunked", "linear", "state-space", "none"}
        and group.tokens_per_entry == 1
        and not group.indexer_elements_per_token
        for group in attention.groups
    )


def _is_own_image(deployment: Deployment) -> bool:
    container = deployment.workload.container
    image = container.image if container is not None else None
    return image is not None and parse_image(image).repository.endswith(_OWN_REPOSITORIES)


RULE = Rule(
    identifier="NS312",
    name="kv-cache-type-does-not-fit",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
