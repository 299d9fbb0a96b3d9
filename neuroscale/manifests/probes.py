"""Probes of a container, as written or as merged from a runtime and an object."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Literal

from neuroscale.manifests.fields import Field
from neuroscale.manifests.object import FieldPath

ProbeKind = Literal["startupProbe", "livenessProbe", "readinessProbe"]
ProbeHandler = Literal["httpGet", "tcpSocket", "grpc", "exec"]

PROBE_KINDS: tuple[ProbeKind, ...] = ("startupProbe", "livenessProbe", "readinessProbe")
_HANDLERS: tuple[ProbeHandler, ...] = ("httpGet", "tcpSocket", "grpc", "exec")
# Kubernetes API reference, Probe: what holds where nothing is written.
_DEFAULT_PERIOD_SECONDS = 10
_DEFAULT_FAILURE_THRESHOLD = 3


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe; what is not written is None.

    Attributes:
        path: Where the object under reading writes it; None when it comes from a runtime or a preset.
        handler: How it asks.
        port: Number, or the name of one of the container's ports.
        http_path: Path of the HTTP request; "" is the root.
        scheme: "HTTP" or "HTTPS".
        host: Another host than the pod that is asked.
        has_headers: Whether the HTTP request carries headers of its own.
    """

    path: FieldPath | None
    handler: ProbeHandler | None = None
    port: int | str | None = None
    http_path: str | None = None
    scheme: str | None = None
    host: str | None = None
    has_headers: bool = False
    initial_delay_seconds: int | None = None
    period_seconds: int | None = None
    failure_threshold: int | None = None

    @property
    def longest_start_seconds(self) -> int:
        """Seconds from the container's start after which the kubelet has given up on an engine that never answers.

        The first attempt follows the initial delay, and further ones every period: initial delay + failure
        threshold x period. Source: Kubernetes, "Configure Liveness, Readiness and Startup Probes".
        """
        period = self.period_seconds or _DEFAULT_PERIOD_SECONDS
        return (self.initial_delay_seconds or 0) + (self.failure_threshold or _DEFAULT_FAILURE_THRESHOLD) * period


def read_probes(container: Field) -> Mapping[ProbeKind, Probe]:
    """Read the probes of a container.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type.
    """
    return MappingProxyType({kind: _probe(container[kind]) for kind in PROBE_KINDS if container[kind].is_written})


def merge_probes(
    runtime: Mapping[ProbeKind, Probe], override: Mapping[ProbeKind, Probe]
) -> Mapping[ProbeKind, Probe]:
    """Return the probes of a runtime's container with those of an object laid over them, field by field."""
    merged = {kind: replace(probe, path=None) for kind, probe in runtime.items()}
    for kind, probe in override.items():
        merged[kind] = _merge(merged[kind], probe) if kind in merged else probe
    return MappingProxyType(merged)


def _merge(runtime: Probe, override: Probe) -> Probe:
    written = {
        each.name: value
        for each in fields(Probe)
        if (value := getattr(override, each.name)) is not None and value is not False
    }
    return replace(runtime, **written)


def _probe(at: Field) -> Probe:
    handler = next((name for name in _HANDLERS if at[name].is_written), None)
    asked = at[handler] if handler is not None and handler != "exec" else None
    http = at["httpGet"]
    return Probe(
        path=at.path,
        handler=handler,
        port=_port(asked["port"]) if asked is not None else None,
        http_path=(http["path"].text() or "") if http.is_written else None,
        scheme=http["scheme"].text(),
        host=http["host"].text() or at["tcpSocket"]["host"].text(),
        has_headers=bool(http["httpHeaders"].elements()),
        initial_delay_seconds=at["initialDelaySeconds"].integer(),
        period_seconds=at["periodSeconds"].integer(),
        failure_threshold=at["failureThreshold"].integer(),
    )


def _port(at: Field) -> int | str | None:
    if at.value is None or (isinstance(at.value, int) and not isinstance(at.value, bool)):
        return at.value
    if not isinstance(at.value, str):
        raise at.wrong_type("a port number or the name of a port")
    return int(at.value) if at.value.isascii() and at.value.isdigit() and len(at.value) <= 5 else at.value
