"""Tensor parallelism must cut the vocabulary, the feed-forwards and the vision tower into equal slices.

## What it does

Checks that the tensor parallel size divides the vocabulary, rounded up to a multiple of 64 as vLLM stores it, and
the width of every feed-forward that all tokens pass: those of dense layers and those of shared experts. The same
for the heads and the feed-forward of a vision tower that vLLM cuts with the language model.

## Why it matters

Sizes that are no power of two often divide the heads and nothing else. OLMo-2 13B has 40 heads, so 5 and 10 look
like good sizes, but its vocabulary of 100352 is no multiple of 5. vLLM finds out while it builds the model, after
the image was pulled and the accelerators were reserved: `AssertionError: 100352 is not divisible by 5`.

A multimodal model has a second model to cut. The language model of GLM-4.5V shares its 96 heads among 8 ranks, but
its vision tower has 12: `AssertionError: 12 is not divisible by 8`. The tower of Qwen2.5-VL 3B and 7B has 16 heads,
and a feed-forward of 3420, which 8 does not divide. Where the class supports it, `--mm-encoder-tp-mode data` keeps
the tower whole on every rank and shares out the images instead, for the memory of a tower on each accelerator.

## Example

```yaml
args: ["--model=allenai/OLMo-2-1124-13B-Instruct", "--tensor-parallel-size=5"]   # 40 heads, vocabulary of 100352
```

## Use instead

```yaml
args: ["--model=allenai/OLMo-2-1124-13B-Instruct", "--tensor-parallel-size=4"]
```

```yaml
args: ["--model=zai-org/GLM-4.5V", "--tensor-parallel-size=8", "--mm-encoder-tp-mode=data"]
```

## Applies to

vLLM on NVIDIA and AMD GPUs, every version that was read. Vision towers of Gemma 3, GLM-4.1V to GLM-4.6V, Llama 4,
Qwen2-VL, Qwen2.5-VL, Qwen3-VL and Qwen3.5, whose classes divide them in every version that has them; other towers
may be whole on every rank.

Silent where the heads are not divided either, which NS101 and NS102 say; about the vocabulary with `--enable-lora`,
which adds rows to it in older releases; about shared experts where expert parallelism over data-parallel ranks may
keep them whole; about feed-forwards of models whose modules are not known by name; and about a tower with
`--language-model-only` or a limit of no images, for which some releases build none. vLLM 0.33.0 builds it all the
same, and refuses.

## References

- vLLM `layers/vocab_parallel_embedding.py` (`pad_vocab_size`), `layers/linear.py` (`MergedColumnParallelLinear`,
  `RowParallelLinear`) and `distributed/utils.py` (`divide`), read in 0.8.5 to 0.33.0
- vLLM `models/siglip.py`, `models/qwen2_vl.py`, `models/qwen2_5_vl.py`, `models/qwen3_vl.py`, `models/glm4_1v.py`
  and `models/mllama4.py`, read in 0.8.5 to 0.33.0 except 0.21.0
"""

from neuroscale.rules.divisibility import (
    join_sizes,
    shares_heads_evenly,
    undivided_widths,
    valid_sizes,
    vocabulary_as_stored,
)
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_name, option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vision_towers import TOWER_MODE, TOWER_OPTIONS, may_be_kept_whole, undivided_tower
from neuroscale.rules.vllm import TENSOR_PARALLEL, are_known, vllm_settings

_GPU_RESOURCES = frozenset({"nvidia.com/gpu", "amd.com/gpu"})
_ADAPTERS = "--enable-lora"


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    architecture = deployment.architecture
    request = deployment.workload.accelerators
    if settings is None or architecture is None or request is None or request.resource_name not in _GPU_RESOURCES:
        return
    size = settings.tensor_parallel_size
    if size == 1 or not are_known(deployment, TENSOR_PARALLEL) or not shares_heads_evenly(architecture, size):
        return
    undivided = []
    rows = vocabulary_as_stored(architecture)
    if rows is not None and rows % size and _ADAPTERS not in settings.options and are_known(deployment, _ADAPTERS):
        padded = "" if rows == architecture.vocabulary_size else f", padded to {rows}"
        refusal = f'"AssertionError: {rows} is not divisible by {size}"'
        undivided.append((f"the vocabulary of {architecture.vocabulary_size}{padded}", refusal))
    undivided.extend(
        (f"the width {width} of the {part}", "a bare AssertionError")
        for part, width in undivided_widths(architecture, settings, size)
    )
    alternative = ""
    if are_known(deployment, *TOWER_OPTIONS):
        tower = [(part.what, part.refusal) for part in undivided_tower(architecture, settings, size)]
        # With the tower whole, the language model must not be a reason of its own.
        if tower and not undivided and may_be_kept_whole(architecture, settings):
            alternative = f", or {TOWER_MODE} to data"
        undivided.extend(tower)
    setting = f"set {option_name(deployment.workload, TENSOR_PARALLEL)}"
    for what, refusal in undivided:
        valid = valid_sizes(architecture, settings)
        yield Violation(
            path=option_path(deployment.workload, TENSOR_PARALLEL),
            message=f"tensor parallel size {size} does not divide {what}; vLLM will not start: {refusal}",
            fix=f"{setting} to one of {join_sizes(valid)}{alternative}",
        )


RULE = Rule(
    identifier="NS113",
    name="layers-not-divisible-by-tensor-parallel-size",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
