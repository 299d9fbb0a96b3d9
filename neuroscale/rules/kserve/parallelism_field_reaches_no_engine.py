"""A parallelism field must reach the engine.

## What it does

Flags the sizes under `spec.parallelism` (and `spec.prefill.parallelism`) of an LLMInferenceService that KServe
accepts and renders into no command line.

## Why it matters

The pods start, the object reports `Ready=True`, and the engine runs with sizes of one: the accelerators that were
asked for stand idle, and a Mixture-of-Experts model runs without the expert parallelism that was planned for it.
Without `spec.worker` KServe takes its single-node preset, which renders the tensor parallel size alone, and that
only from 0.20.0; up to 0.19.0 it renders nothing of the block. A container with a command of its own gets nothing
from the presets at all.

## Example

```yaml
kind: LLMInferenceService
spec:
  parallelism: {data: 8, dataLocal: 8, expert: true}   # no spec.worker: none of it reaches vLLM
  template:
    containers:
      - name: main
        resources: {limits: {nvidia.com/gpu: "8"}}
```

## Use instead

```yaml
spec:
  template:
    containers:
      - name: main
        env:
          - name: VLLM_ADDITIONAL_ARGS
            value: --data-parallel-size 8 --enable-expert-parallel
        resources: {limits: {nvidia.com/gpu: "8"}}
```

## Applies to

LLMInferenceService v1alpha1 and v1alpha2, by the presets of KServe 0.16.0 to 0.20.0; the newest of them where the
release is not stated. Sizes of one and `expert: false` ask for nothing and are not flagged. Where the lost size
leaves accelerators without a rank, NS106 denies.

## References

- KServe `config/llmisvcconfig`, read at 0.16.0 to 0.20.0
- Lost pipeline size: <https://github.com/kserve/kserve/issues/6044>
- Lost tensor size, rendered from 0.20.0: <https://github.com/kserve/kserve/issues/5773>
"""

from neuroscale.rules.controller_faults import faults_of
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import ServingObject


def _judge(serving: ServingObject) -> Judgement:
    for fault in faults_of(serving, "dropped"):
        yield Violation(
            path=fault.path,
            message=f"{fault.message}; it runs as if the field were not there",
            fix=fault.fix,
        )


RULE = Rule(
    identifier="NS601",
    name="parallelism-field-reaches-no-engine",
    severity=Severity.WARN,
    subject=ServingObject,
    judge=_judge,
    page=__doc__ or "",
)
