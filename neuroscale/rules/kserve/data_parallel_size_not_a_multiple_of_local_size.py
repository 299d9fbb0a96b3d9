"""The ranks of a replica must be a whole number of pods.

## What it does

Flags an LLMInferenceService with workers whose `parallelism.data` is not a multiple of `parallelism.dataLocal`.

## Why it matters

KServe sizes the LeaderWorkerSet by an integer division and loses the remainder: with `data: 9` and `dataLocal: 8`
it creates one pod with 8 ranks. vLLM is told that there are 9 and waits for the missing one until its time is up;
the replica never serves, and 8 accelerators are held.

## Example

```yaml
kind: LLMInferenceService
spec:
  parallelism: {data: 12, dataLocal: 8, expert: true}
  worker: {}
```

## Use instead

```yaml
spec:
  parallelism: {data: 16, dataLocal: 8, expert: true}
  worker: {}
```

## Applies to

LLMInferenceService v1alpha1 and v1alpha2 of KServe 0.16.0 to 0.20.0 with `spec.worker`. Without workers the field
is dropped altogether, which NS601 says.

## References

- KServe 0.20.0, `pkg/apis/serving/v1alpha2/llm_inference_service_types.go`, `GetSize`
- vLLM, "Data Parallel Deployment": <https://docs.vllm.ai/en/latest/serving/data_parallel_deployment.html>
"""

from neuroscale.rules.controller_faults import faults_of
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import ServingObject


def _judge(serving: ServingObject) -> Judgement:
    for fault in faults_of(serving, "uneven"):
        yield Violation(
            path=fault.path,
            message=fault.message,
            fix=fault.fix,
        )


RULE = Rule(
    identifier="NS602",
    name="data-parallel-size-not-a-multiple-of-local-size",
    severity=Severity.DENY,
    subject=ServingObject,
    judge=_judge,
    page=__doc__ or "",
)
