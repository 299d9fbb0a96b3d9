"""A probe must leave the engine the time to load its weights.

## What it does

Compares the time after which the startup probe, or a liveness probe without one, gives up with the time that the
weights of the model take to read: stored bytes at 2 GB/s, 15 seconds for everything else that an engine does before
it serves, and a download at 10 Gbit/s where the weights come from a hub and are not kept on a volume.

## Why it matters

An engine listens only after it has loaded the model, so until then every probe fails. With the defaults of
Kubernetes a liveness probe kills the container after 30 seconds. It starts again, reads the same hundreds of
gigabytes, and is killed again: `CrashLoopBackOff` without a line of error in the log, while the accelerators are
paid for.

The rates are kind. The engines' usual loader has been measured at 0.3 GB/s on cloud block storage, a single NVMe
drive of the fourth PCI Express generation reads up to 7 GB/s, and compilation, CUDA graphs and profiling take from
15 seconds to minutes.

## Example

```yaml
containers:
  - args: ["--model=Qwen/Qwen2.5-72B-Instruct", "--tensor-parallel-size=4"]     # 145 GB
    livenessProbe:
      httpGet: {path: /health, port: 8000}
      initialDelaySeconds: 60                # gives up after 60 + 3 x 10 seconds
```

## Use instead

```yaml
    startupProbe:
      httpGet: {path: /health, port: 8000}
      periodSeconds: 10
      failureThreshold: 120                  # 20 minutes; liveness begins when it has succeeded
```

## Applies to

vLLM and SGLang, where the model's parameters can be counted and the probe asks the engine's own port. Always a
warning: storage, page cache and network differ. Silent for loaders other than the usual one (`--load-format`), for
`exec` and `grpc` probes, and for readiness probes, which kill nothing. In a replica of several pods each is taken
to read its share only.

## References

- Run:ai Model Streamer, performance benchmarks (2024): Llama 3 8B, 15 GB, in 48 s by the default loader; 23 s from
  start to readiness of which 5 s are loading: <https://run.ai/blog/run-ai-model-streamer-performance-benchmarks>
- Kubernetes, "Configure Liveness, Readiness and Startup Probes":
  <https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/>
- vLLM, the socket is bound before the engine loads and listens after it; read in 0.8.5 to 0.33.0
"""

import math

from neuroscale.engines.http_server import http_server, listening_port
from neuroscale.manifests.container import Container
from neuroscale.manifests.probes import Probe, ProbeKind
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.loading_time import loading_time
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import are_known

# Advice leaves twice the estimate, in whole periods of ten seconds, and no less than ten minutes.
_PERIOD_SECONDS = 10
_LEAST_ADVISED_FAILURES = 60


def _judge(deployment: Deployment) -> Judgement:
    container, settings = deployment.workload.container, deployment.workload.settings
    server = http_server(settings.engine) if settings is not None else None
    if settings is None or container is None or server is None or not are_known(deployment, "--port"):
        return
    kind: ProbeKind = "startupProbe" if "startupProbe" in container.probes else "livenessProbe"
    probe = container.probes.get(kind)
    if probe is None or _asked_port(container, probe) != listening_port(server, settings):
        return
    needed = loading_time(deployment)
    allowed_seconds = probe.longest_start_seconds
    if needed is None or allowed_seconds >= needed.seconds:
        return
    advice = "set" if kind == "startupProbe" else "add a startupProbe with"
    failures = max(_LEAST_ADVISED_FAILURES, math.ceil(2 * needed.seconds / _PERIOD_SECONDS))
    yield Violation(
        path=probe.path or deployment.workload.container_path,
        message=(
            f"{kind} gives up after {allowed_seconds} s, but {needed.told()}; {server.name} is killed while it "
            "loads, again and again"
        ),
        fix=(
            f"{advice} periodSeconds: {_PERIOD_SECONDS} and failureThreshold: {failures} "
            f"({failures * _PERIOD_SECONDS // 60} minutes)"
        ),
    )


def _asked_port(container: Container, probe: Probe) -> int | None:
    if probe.handler not in {"httpGet", "tcpSocket"} or probe.host is not None:
        return None
    if isinstance(probe.port, str):
        return next((number for name, number in container.ports if name == probe.port), None)
    return probe.port


RULE = Rule(
    identifier="NS702",
    name="probe-gives-up-while-loading",
    severity=Severity.WARN,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
