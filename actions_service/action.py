"""The shape of an action: what it is called, what goes in and out, and the function that does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jsonschema import Draft7Validator

from actions_service.cost_settings import CostResources
from actions_service.validation import InputValidator
from neuroscale.architecture.catalogue import Catalogue
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.hardware.catalogue import load_accelerators
from neuroscale.manifests.rendering.monitoring import Monitoring
from neuroscale.manifests.rendering.request import DEFAULT_PROMETHEUS_ADDRESS
from neuroscale.model_sources.sources import ModelSources
from neuroscale.rules.policy import RulePolicy

PLUGIN_ID = "neuroscale"

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a caller may assume. Backstage dry-runs an action only when it is read-only and not destructive."""

    read_only: bool = True
    destructive: bool = False
    idempotent: bool = True

    def as_json(self) -> dict[str, bool]:
        """Return the attributes under the names that Backstage gives them; all are always there."""
        return {"readOnly": self.read_only, "destructive": self.destructive, "idempotent": self.idempotent}


@dataclass(frozen=True, slots=True)
class Resources:
    """What actions know besides their input; read once at start.

    Attributes:
        catalogue: The models that can be named.
        profile_key: Signs the model profiles of rendered endpoints; None leaves them unsigned.
        accelerators: Kinds that the platform offers where an input names none.
        prometheus_address: Where the autoscalers of rendered endpoints ask for the engine's metrics.
        monitoring: Which objects of the Prometheus operator rendered endpoints bring along.
        kserve_version: KServe release of the clusters that endpoints are rendered for; None takes the newest known.
        costs: The platform's prices, and where usage is measured.
        sources: Reads models that the catalogue does not know; None reads nothing but the input.
        policy: Returns the platform's exceptions and severities by now; None when it has decided nothing.
        today: Returns the day by which exceptions expire.
        profile_public_keys: Whose model profiles are believed, beside those that `profile_key` signs.
    """

    catalogue: Catalogue
    profile_key: Ed25519PrivateKey | None = None
    accelerators: tuple[Accelerator, ...] = field(default_factory=lambda: tuple(load_accelerators().values()))
    prometheus_address: str = DEFAULT_PROMETHEUS_ADDRESS
    monitoring: Monitoring = field(default_factory=Monitoring)
    kserve_version: str | None = None
    costs: CostResources = field(default_factory=CostResources)
    sources: ModelSources | None = None
    policy: Callable[[], RulePolicy] | None = None
    today: Callable[[], date] = lambda: datetime.now(UTC).date()
    profile_public_keys: tuple[Ed25519PublicKey, ...] = ()

    @property
    def trusted_profile_keys(self) -> tuple[Ed25519PublicKey, ...]:
        """The keys whose signature on a model profile is believed; empty to believe what contradicts nothing."""
        own = () if self.profile_key is None else (self.profile_key.public_key(),)
        return (*self.profile_public_keys, *own)


@dataclass(frozen=True, slots=True)
class Example:
    """An input worth showing; its output is what the handler answers.

    Attributes:
        title: What it shows, as a short sentence.
        arguments: The input of the action.
    """

    title: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Action:
    """One action.

    Attributes:
        name: Name in URLs and templates, in kebab case.
        title: Short title for people.
        description: What it does and answers, in a few sentences.
        attributes: What a caller may assume.
        input_schema: JSON Schema (draft 7) of the input object.
        output_schema: JSON Schema (draft 7) of the output object, an example on every property.
        examples: Inputs worth showing; the first one is the shortest.
        handler: Computes the output of a valid input; raises NeuroScaleError for what the schema cannot say.
        validator: Checks the input, built once.
    """

    name: str
    title: str
    description: str
    attributes: Attributes
    input_schema: Schema
    output_schema: Schema
    examples: tuple[Example, ...]
    handler: Callable[[Mapping[str, Any], Resources], dict[str, Any]]
    validator: Draft7Validator

    @property
    def identifier(self) -> str:
        """The id under which Backstage calls the action."""
        return f"{PLUGIN_ID}:{self.name}"


def define_action(
    *,
    name: str,
    title: str,
    description: str,
    input_schema: Schema,
    output_schema: Schema,
    examples: tuple[Example, ...],
    handler: Callable[[Mapping[str, Any], Resources], dict[str, Any]],
    attributes: Attributes = Attributes(),
) -> Action:
    """Build an action; raises jsonschema.SchemaError when one of its schemas is not valid draft 7."""
    Draft7Validator.check_schema(input_schema)
    Draft7Validator.check_schema(output_schema)
    return Action(
        name=name,
        title=title,
        description=description,
        attributes=attributes,
        input_schema=input_schema,
        output_schema=output_schema,
        examples=examples,
        handler=handler,
        validator=InputValidator(input_schema),
    )
