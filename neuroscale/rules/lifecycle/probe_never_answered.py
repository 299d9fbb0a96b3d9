"""A probe must ask where the engine answers.

## What it does

Compares every HTTP and TCP probe of the engine's container with the server that the engine starts: its port, its
address, the paths it answers, TLS, and the API key it asks for.

## Why it matters

A probe that can never succeed is worse than none. With a wrong startup or liveness probe the kubelet kills the
engine again and again, each time after the weights were loaded; with a wrong readiness probe the pod holds its
accelerators and never gets a request. The usual causes: `/healthz` by habit, where vLLM and SGLang answer
`/health` and say 404 to the rest; port 8080 by habit, where vLLM listens on 8000 and SGLang on 30000; SGLang
without `--host`, which listens on 127.0.0.1 only; `/v1/models` behind an API key, which answers 401 to a probe
without one.

## Example

```yaml
containers:
  - args: ["--model=Qwen/Qwen3-8B"]          # listens on 8000
    livenessProbe:
      httpGet: {path: /healthz, port: 8080}
```

## Use instead

```yaml
    livenessProbe:
      httpGet: {path: /health, port: 8000}
```

## Applies to

vLLM 0.8.5 to 0.33.0 and SGLang 0.4.6.post5 to 0.5.23; a warning where the version is another or not known. Only
where the engine is the pod's only server: silent beside sidecars, in scripts that start more than the engine, on
the node's network, for ranks without a front end, for paths under `--root-path` or `--middleware`, and for the port
of an InferenceService in Knative mode, where the probe is rewritten. LLMInferenceService: its presets have probes
of their own, which are not judged.

## References

- vLLM `entrypoints`, routes and `AuthenticationMiddleware`, read in 0.8.5 to 0.33.0
- SGLang `srt/entrypoints/http_server.py`, `ServerArgs` and `add_api_key_middleware`, read in 0.4.6.post5 to 0.5.23
- Kubernetes, "Configure Liveness, Readiness and Startup Probes":
  <https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/>
"""

from collections.abc import Iterator
from dataclasses import dataclass

from neuroscale.engines.http_server import HttpServer, http_server, listening_port, listens_on_loopback_only
from neuroscale.engines.settings import EngineSettings
from neuroscale.manifests.container import Container
from neuroscale.manifests.object import FieldPath
from neuroscale.manifests.probes import Probe, ProbeKind
from neuroscale.rules.engine_pods import is_only_server
from neuroscale.rules.finding import Judgement, PatchOperation, Severity, Violation
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import NOT_READ, are_known

_API_KEY = "VLLM_API_KEY"
_MODE = "serving.kserve.io/deploymentMode"
_DIRECT_MODES = frozenset({"RawDeployment", "Standard"})
# Under these a path is answered that no route of the engine names.
_OWN_PATHS = frozenset({"--root-path", "--middleware", "--fastapi-root-path"})
_TLS_OPTIONS = frozenset({"--ssl-keyfile", "--ssl-certfile"})


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why a probe is never answered.

    Attributes:
        reason: The numbers.
        fix: What to write instead.
        field: The field below the handler that is wrong.
        value: What certainly repairs it; None where there is a choice.
        doubt: What would have to be otherwise for it to be answered, where the manifest does not show it.
    """

    reason: str
    fix: str
    field: str
    value: object = None
    doubt: str = ""


def _judge(deployment: Deployment) -> Judgement:
    workload = deployment.workload
    settings, container = workload.settings, workload.container
    server = http_server(settings.engine) if settings is not None else None
    if settings is None or container is None or server is None or not container.probes:
        return
    if not is_only_server(deployment) or not are_known(deployment, "--port", "--host"):
        return
    for kind, probe in container.probes.items():
        fault = next(_faults(deployment, server, settings, container, probe), None)
        if fault is None:
            continue
        doubt = fault.doubt or ("" if server.was_read(settings.version) else NOT_READ)
        yield Violation(
            path=workload.container_path if probe.path is None else _field(probe, fault.field),
            message=f"{kind} {fault.reason}; {_consequence(kind, probe)}" + (f", {doubt}" if doubt else ""),
            fix=fault.fix,
            severity=Severity.WARN if doubt else None,
            patch=() if doubt else _patch(probe, fault),
        )


def _faults(
    deployment: Deployment, server: HttpServer, settings: EngineSettings, container: Container, probe: Probe
) -> Iterator[_Fault]:
    if probe.handler not in {"httpGet", "tcpSocket"} or probe.host is not None:
        return
    if listens_on_loopback_only(server, settings):
        written = settings.options.get("--host")
        host = f"--host {written}" if written else f"no --host, so {server.default_host}"
        yield _Fault(
            f"asks the pod's address, but {server.name} listens on loopback only ({host})",
            "set --host to 0.0.0.0",
            "port",
        )
    yield from _port_faults(deployment, server, settings, container, probe)
    if probe.handler == "httpGet":
        yield from _http_faults(server, settings, probe)


def _port_faults(
    deployment: Deployment, server: HttpServer, settings: EngineSettings, container: Container, probe: Probe
) -> Iterator[_Fault]:
    port = listening_port(server, settings)
    declared = {name: number for name, number in container.ports if name is not None}
    asked = declared.get(probe.port) if isinstance(probe.port, str) else probe.port
    if isinstance(probe.port, str) and asked is None:
        names = ", ".join(sorted(declared)) or "none"
        yield _Fault(
            f"asks the port named {probe.port[:40]!r}, but the container names {names}",
            f"set port to {port}",
            "port",
            port,
        )
    elif asked and port and asked != port and not _is_rewritten(deployment, container, port):
        named = f" ({probe.port!r})" if isinstance(probe.port, str) else ""
        yield _Fault(
            f"asks port {asked}{named}, but {server.name} listens on port {port}",
            f"set port to {port}, or have {server.name} listen on {asked} with --port",
            "port",
            None if named else port,
        )


def _is_rewritten(deployment: Deployment, container: Container, port: int) -> bool:
    """Whether Knative may send the probe to the port that the container declares."""
    manifest = deployment.workload.manifest
    if manifest.kind != "InferenceService" or manifest.annotations.get(_MODE) in _DIRECT_MODES:
        return False
    return port in {number for _, number in container.ports}


def _http_faults(server: HttpServer, settings: EngineSettings, probe: Probe) -> Iterator[_Fault]:
    path = probe.http_path or "/"
    speaks_tls = settings.gives_any(_TLS_OPTIONS)
    if (probe.scheme == "HTTPS") != speaks_tls:
        spoken, wanted = ("HTTPS", "HTTP") if probe.scheme == "HTTPS" else ("HTTP", "HTTPS")
        yield _Fault(
            f"speaks {spoken}, but {server.name} serves {wanted}", f"set scheme to {wanted}", "scheme", wanted
        )
    if settings.gives_any(_OWN_PATHS):
        return
    if not server.may_answer(path):
        yield _Fault(
            f"asks {path[:60]}, which {server.name} does not answer (404 or 405)",
            f"set path to {server.health_path}",
            "path",
            server.health_path,
        )
    hidden = settings.may_have_variable(_API_KEY) and settings.engine == "vllm"
    guarded = "--api-key" in settings.options or (settings.engine == "vllm" and settings.environment.get(_API_KEY))
    if path.startswith(server.guarded_prefix) and not probe.has_headers and (guarded or hidden):
        yield _Fault(
            f"asks {path[:60]} without the API key that {server.name} wants there (401)",
            f"set path to {server.health_path}, which needs no key",
            "path",
            server.health_path,
            doubt="" if guarded else f"unless {_API_KEY} is empty",
        )


def _consequence(kind: ProbeKind, probe: Probe) -> str:
    if kind == "readinessProbe":
        return "the pod never becomes ready"
    return f"the kubelet restarts the engine every {probe.longest_start_seconds} s"


def _field(probe: Probe, field: str) -> FieldPath:
    path = probe.path or ()
    return (*path, probe.handler, field) if probe.handler is not None else path


def _patch(probe: Probe, fault: _Fault) -> tuple[PatchOperation, ...]:
    """Write the field that is wrong; "add" also replaces what stands there (RFC 6902, section 4.1)."""
    if probe.path is None or fault.value is None:
        return ()
    return (PatchOperation("add", _field(probe, fault.field), fault.value),)


RULE = Rule(
    identifier="NS701",
    name="probe-never-answered",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
