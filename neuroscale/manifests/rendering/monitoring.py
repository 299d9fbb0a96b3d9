"""Which objects of the Prometheus operator an endpoint brings along."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

from neuroscale.errors import InvalidInputError

MonitoringFiles = Literal["all", "rules", "none"]
MONITORING_FILES: tuple[MonitoringFiles, ...] = get_args(MonitoringFiles)

_LABEL_NAME = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


@dataclass(frozen=True, slots=True)
class Monitoring:
    """How the platform watches endpoints.

    Attributes:
        files: "all" for a PodMonitor and a PrometheusRule, "rules" where the platform scrapes every endpoint
            already, "none" where no Prometheus operator runs.
        labels: What the platform's Prometheus selects monitors and rules by, such as `release: prometheus`.
    """

    files: MonitoringFiles = "all"
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def read_monitoring_labels(written: Iterable[str], option: str) -> Mapping[str, str]:
    """Return labels that are written as `NAME=VALUE`.

    Raises:
        InvalidInputError: One is no Kubernetes label.
    """
    labels: dict[str, str] = {}
    for each in written:
        name, separator, value = each.partition("=")
        if not separator or _LABEL_NAME.fullmatch(name) is None or _LABEL_VALUE.fullmatch(value) is None:
            raise InvalidInputError(
                f"{each!r} is no Kubernetes label", field=option, fix="write NAME=VALUE, e.g. release=prometheus"
            )
        labels[name] = value
    return MappingProxyType(labels)
