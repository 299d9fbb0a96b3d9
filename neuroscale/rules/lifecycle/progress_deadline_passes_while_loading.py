"""A Deployment must be given the time that its pods take to load their weights.

## What it does

Compares `progressDeadlineSeconds` of a Deployment, 600 where none is written, with the time that the weights of the
model take to read: stored bytes at 2 GB/s, 15 seconds for everything else that an engine does before it serves, and
a download at 10 Gbit/s where the weights come from a hub and are not kept on a volume.

## Why it matters

The deadline begins anew with every pod that becomes ready, and while the first one loads, none does. When it
passes, the Deployment gets the condition `Progressing=False` with the reason `ProgressDeadlineExceeded`: `kubectl
rollout status` and `helm --wait` fail and Argo CD shows the application degraded, though the pods would have been
ready a few minutes later.

## Example

```yaml
kind: Deployment
spec:                                          # progressDeadlineSeconds: 600
  template:
    spec:
      containers:
        - args: ["--model=deepseek-ai/DeepSeek-V3", "--tensor-parallel-size=8"]     # 673 GB
```

## Use instead

```yaml
kind: Deployment
spec:
  progressDeadlineSeconds: 3600
```

## Applies to

Deployments of a known engine, where the model's parameters can be counted. Always a warning: storage, page cache
and network differ. Silent for loaders other than the usual one (`--load-format`), and for the Deployments that
KServe makes, which have 600 seconds whatever its objects say.

## References

- Kubernetes, "Deployments", progress deadline seconds and failed deployment:
  <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#progress-deadline-seconds>
- Run:ai Model Streamer, performance benchmarks (2024), for the rates:
  <https://run.ai/blog/run-ai-model-streamer-performance-benchmarks>
"""

import math

from neuroscale.manifests.fields import root
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.loading_time import loading_time
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment

_DEFAULT_SECONDS = 600
# Advice leaves twice the estimate, in whole steps of ten minutes.
_STEP_SECONDS = 600


def _judge(deployment: Deployment) -> Judgement:
    manifest = deployment.workload.manifest
    if manifest.kind != "Deployment" or deployment.workload.settings is None:
        return
    deadline = root(manifest)["spec"]["progressDeadlineSeconds"]
    # The API server writes the default into what it stores, so that both are told alike.
    stated = deadline.integer()
    allowed_seconds = _DEFAULT_SECONDS if stated is None else stated
    needed = loading_time(deployment)
    if needed is None or allowed_seconds >= needed.seconds:
        return
    advised = math.ceil(2 * needed.seconds / _STEP_SECONDS) * _STEP_SECONDS
    yield Violation(
        path=deadline.path,
        message=(
            f"the Deployment is given {allowed_seconds} s to make progress, but {needed.told()}; it is marked as "
            "failed (ProgressDeadlineExceeded) while the first pod still loads"
        ),
        fix=f"set progressDeadlineSeconds to {advised}, or keep the weights on a volume",
    )


RULE = Rule(
    identifier="NS705",
    name="progress-deadline-passes-while-loading",
    severity=Severity.WARN,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
