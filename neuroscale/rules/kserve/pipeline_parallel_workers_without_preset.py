"""Workers with pipeline parallelism need a preset that KServe does not ship.

## What it does

Flags an LLMInferenceService with `spec.worker` and `spec.parallelism.pipeline` whose preset is not among the
objects at hand.

## Why it matters

For this combination KServe looks for an LLMInferenceServiceConfig named
`kserve-config-llm-worker-pipeline-parallel` (with `decode-` or `prefill-` where the two are apart), and no release
ships it. The object is accepted; its controller then reports that the configuration is not found and creates no
pods, for as long as nobody writes the preset.

## Example

```yaml
kind: LLMInferenceService
spec:
  parallelism: {tensor: 8, pipeline: 2}
  worker: {}
```

## Use instead

An LLMInferenceServiceConfig of that name in the object's namespace or in KServe's, data parallelism over workers,
or an InferenceService with `workerSpec`, which spreads pipeline stages over nodes.

## Applies to

LLMInferenceService v1alpha1 and v1alpha2 of KServe 0.16.0 to 0.20.0. A warning, because the cluster may hold the
preset; silent where it is seen.

## References

- KServe 0.20.0, `pkg/controller/v1alpha2/llmisvc/config_merge.go`
- Reported as <https://github.com/kserve/kserve/issues/5047>
"""

from neuroscale.rules.controller_faults import faults_of
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import ServingObject


def _judge(serving: ServingObject) -> Judgement:
    for fault in faults_of(serving, "no pods"):
        yield Violation(
            path=fault.path,
            message=fault.message,
            fix=fault.fix,
        )


RULE = Rule(
    identifier="NS603",
    name="pipeline-parallel-workers-without-preset",
    severity=Severity.WARN,
    subject=ServingObject,
    judge=_judge,
    page=__doc__ or "",
)
