"""KServe must send requests to the port on which the engine listens.

## What it does

Compares the port of an InferenceService's engine with the one that KServe takes: the first `containerPort` of
`kserve-container`, or 8080 where it declares none.

## Why it matters

KServe makes the Service, and a readiness probe where none is written, from that port; Knative does the same. vLLM
listens on 8000 and SGLang on 30000. The pod starts, loads the model, holds its accelerators and never becomes
ready, because nothing listens on 8080; with a readiness probe of its own it becomes ready and every request fails.

## Example

```yaml
predictor:
  containers:
    - name: kserve-container
      image: vllm/vllm-openai:v0.33.0
      args: ["--model=Qwen/Qwen3-8B"]          # listens on 8000; KServe asks 8080
```

## Use instead

```yaml
      args: ["--model=Qwen/Qwen3-8B"]
      ports: [{containerPort: 8000}]           # or --port=8080
```

## Applies to

vLLM and SGLang in an InferenceService, in every deployment mode but ModelMesh, where the engine is the pod's only
server and its port is written or the default. Denied for the versions of which the default was read (vLLM 0.8.5 to
0.33.0, SGLang 0.4.6.post5 to 0.5.23), a warning for others.

## References

- KServe, `reconcilers/deployment/deployment_reconciler.go` (default readiness probe) and
  `reconcilers/service/service_reconciler.go` (target port), read at the state of 2026-08-21
- Knative Serving, runtime contract: the default port is 8080
"""

from neuroscale.engines.http_server import http_server, listening_port
from neuroscale.manifests.container import Container
from neuroscale.manifests.object import FieldPath
from neuroscale.rules.engine_pods import is_only_server
from neuroscale.rules.finding import Judgement, PatchOperation, Severity, Violation
from neuroscale.rules.patches import written_value
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import NOT_READ, are_known

_DEFAULT_PORT = 8080
_SERVED_CONTAINER = "kserve-container"


def _judge(deployment: Deployment) -> Judgement:
    workload = deployment.workload
    settings, container = workload.settings, workload.container
    server = http_server(settings.engine) if settings is not None else None
    if workload.manifest.kind != "InferenceService" or settings is None or container is None or server is None:
        return
    if container.name != _SERVED_CONTAINER or not is_only_server(deployment) or not are_known(deployment, "--port"):
        return
    port = listening_port(server, settings)
    routed = container.ports[0][1] if container.ports else _DEFAULT_PORT
    if port is None or port == routed:
        return
    is_certain = server.was_read(settings.version) or "--port" in settings.options
    declared = "its first containerPort" if container.ports else "its default, as no containerPort is written"
    happens = (
        "every request fails"
        if "readinessProbe" in container.probes
        else "the readiness probe that KServe adds fails, so the pod never becomes ready"
    )
    yield Violation(
        path=_path(deployment, container),
        message=(
            f"KServe sends requests to port {routed} ({declared}), but {server.name} listens on {port}; {happens}"
            + ("" if is_certain else f", {NOT_READ}")
        ),
        fix=f"declare containerPort {port} as the first port, or have {server.name} listen on {routed} with --port",
        severity=None if is_certain else Severity.WARN,
        patch=_patch(deployment, container, port) if is_certain else (),
    )


def _path(deployment: Deployment, container: Container) -> FieldPath:
    return (*deployment.workload.container_path, "ports", 0, "containerPort") if container.ports else container.path


def _patch(deployment: Deployment, container: Container, port: int) -> tuple[PatchOperation, ...]:
    """Declare the engine's port where the object writes the container and no port at all."""
    written = written_value(deployment.workload.manifest, container.path)
    if container.ports or not isinstance(written, dict) or "image" not in written:
        return ()
    return (PatchOperation("add", (*container.path, "ports"), [{"containerPort": port, "protocol": "TCP"}]),)


RULE = Rule(
    identifier="NS604",
    name="engine-port-not-routed",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
