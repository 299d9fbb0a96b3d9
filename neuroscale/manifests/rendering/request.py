"""What a developer asks for, where the platform runs it, and how its clusters are set up."""

import re
from dataclasses import dataclass, field
from typing import Literal, get_args

from neuroscale.architecture.profile import ModelProfile
from neuroscale.architecture.storage_uri import check_storage_uri, is_uri
from neuroscale.base_address import check_base_address
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.rendering.monitoring import Monitoring

_DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")

# KServe labels the pods `app: isvc.<name>-predictor`, and a label value holds at most 63 characters.
LONGEST_NAME = 63 - len("isvc.-predictor")

# The Service that the Prometheus operator makes, in the namespace that its charts are installed in.
DEFAULT_PROMETHEUS_ADDRESS = "http://prometheus-operated.monitoring.svc:9090"

STORAGE_URI_FIELD = "storageUri"

ENVIRONMENTS = ("development", "staging", "production")

EndpointKind = Literal["inference-service", "llm-inference-service"]
KindChoice = Literal["auto", "inference-service", "llm-inference-service"]
KIND_CHOICES: tuple[KindChoice, ...] = get_args(KindChoice)

Router = Literal["none", "route", "scheduler"]
ROUTERS: tuple[Router, ...] = get_args(Router)


@dataclass(frozen=True, slots=True)
class EndpointRequest:
    """An endpoint as a developer asks for it.

    Attributes:
        name: DNS label; the InferenceService, the served model name and the catalogue entity are all called so.
        namespace: DNS label.
        owner: A team name or a Backstage entity reference such as "group:default/search".
        cost_center: What the accelerators are billed to.
        environment: One of ENVIRONMENTS.
        profile: The facts of the model, written on the object.
        profile_signature: Signature of the written profile; None leaves it unsigned.
        prometheus_address: Where KEDA queries the engine's metrics.
        storage_uri: Where KServe takes the weights from, if that is elsewhere than the profile says; None for the
            repository or storage URI of the profile.
        kind: What serves it in the cluster; "auto" takes an InferenceService for replicas of one pod, and an
            LLMInferenceService for groups of pods.
        kserve_version: KServe release of the cluster, which decides how an LLMInferenceService is written; None
            takes the newest that is known.
        router: What an LLMInferenceService is reached through: its Service alone, a route of the cluster's gateway,
            or a route to a scheduler that knows which replica holds a prompt's prefix.
        monitoring: Which objects of the Prometheus operator come along.

    Raises:
        InvalidInputError: When a value cannot be written to a Kubernetes object.
    """

    name: str
    namespace: str
    owner: str
    cost_center: str
    environment: str
    profile: ModelProfile
    profile_signature: str | None = None
    prometheus_address: str = DEFAULT_PROMETHEUS_ADDRESS
    storage_uri: str | None = None
    kind: KindChoice = "auto"
    kserve_version: str | None = None
    router: Router = "route"
    monitoring: Monitoring = field(default_factory=Monitoring)

    def __post_init__(self) -> None:
        """Refuse what Kubernetes would refuse later with a poorer message."""
        _check_dns_label("name", self.name, LONGEST_NAME)
        _check_dns_label("namespace", self.namespace, 63)
        if self.environment not in ENVIRONMENTS:
            raise InvalidInputError(
                f"{self.environment!r} is not an environment",
                field="environment",
                fix=f"use one of {', '.join(ENVIRONMENTS)}",
            )
        if self.storage_uri is not None:
            check_storage_uri(self.storage_uri, STORAGE_URI_FIELD)
        elif self.profile.revision is not None and "/" in self.profile.revision:
            raise InvalidInputError(
                f"KServe cannot download the revision {self.profile.revision!r}: a path in hf:// has two parts",
                field="revision",
                fix="name a commit, a tag or a branch without '/'",
            )
        check_base_address(self.prometheus_address, "prometheus")
        for name, value in (("owner", self.owner_label), ("costCenter", self.cost_center)):
            if not value or len(value) > 63 or _LABEL_VALUE.fullmatch(value) is None:
                raise InvalidInputError(
                    f"{value!r} cannot be a Kubernetes label value",
                    field=name,
                    fix="use at most 63 letters, digits, '-', '_' or '.', with a letter or digit at both ends",
                )

    @property
    def weights_uri(self) -> str:
        """Where KServe takes the weights from, at the revision that was judged where the profile names one."""
        repository, revision = self.profile.repository, self.profile.revision
        if self.storage_uri is not None:
            return check_storage_uri(self.storage_uri, STORAGE_URI_FIELD)
        if is_uri(repository):
            return repository
        return f"hf://{repository}:{revision}" if revision else f"hf://{repository}"

    @property
    def owner_label(self) -> str:
        """The owner as a label value: the name of an entity reference without its kind and namespace."""
        return self.owner.rpartition("/")[2].rpartition(":")[2]


def _check_dns_label(field: str, value: str, longest: int) -> None:
    if len(value) > longest or _DNS_LABEL.fullmatch(value) is None:
        raise InvalidInputError(
            f"{value!r} is not a DNS label of at most {longest} characters",
            field=field,
            fix="use lower-case letters, digits and '-', beginning with a letter and ending with a letter or digit",
        )
