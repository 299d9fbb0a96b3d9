"""Which architecture the model of a workload has, and why it is not known where it is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.profile import (
    PROFILE_ANNOTATION,
    SIGNATURE_ANNOTATION,
    ModelProfile,
    read_profile,
    verify_profile,
)
from neuroscale.architecture.reader import read_architecture
from neuroscale.architecture.storage_uri import is_uri
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.workload import ModelReference, ServingWorkload
from neuroscale.rules.finding import MissingFact, Severity
from neuroscale.rules.places import option_path
from neuroscale.rules.profile_contradictions import contradictions
from neuroscale.rules.subject import ConfigurationSource, ModelSource

_PROFILE_PATH = ("metadata", "annotations", PROFILE_ANNOTATION)
# The options by which engines change a configuration, one per engine.
_OVERRIDES = ("--hf-overrides", "--json-model-override-args")
# Differences that a message names; a profile of quite another model differs in everything.
_TOLD_DIFFERENCES = 2
_SUPPLY_MODEL = (
    f"add the annotation {PROFILE_ANNOTATION}, which the Golden Path writes, or give the model's config.json to "
    "`neuroscale check --models`"
)

# Sub-configurations that are configurations of their own: an override of one changes the fields it names and keeps
# the rest. Any other mapping is replaced as a whole. Source: vLLM, `config/model.py`, `_apply_dict_overrides`.
_NESTED_CONFIGURATIONS = frozenset(
    {
        "text_config",
        "llm_config",
        "language_config",
        "thinker_config",
        "vision_config",
        "audio_config",
        "ffn_config",
    }
)


@dataclass(frozen=True, slots=True)
class ResolvedArchitecture:
    """The outcome of a search for a model's architecture.

    Attributes:
        architecture: None when it is not known.
        source: "profile", "catalogue" or "".
        missing: Why it is not known; None when it is, or when the workload names no model.
        profile_problem: Why the object's own profile is not used, or what is said against the one that is; None
            when nothing is, or when there is none.
    """

    architecture: ModelArchitecture | None = None
    source: str = ""
    missing: MissingFact | None = None
    profile_problem: MissingFact | None = None


def resolve_architecture(
    workload: ServingWorkload, models: ModelSource, profile_keys: Sequence[Ed25519PublicKey] = ()
) -> ResolvedArchitecture:
    """Find the architecture of a workload's model: the object's own profile first, then the catalogue.

    The engine's own overrides (`--hf-overrides`, `--json-model-override-args`) are applied to it before it is read.
    With keys, a profile that none of them signed is not used. Without, one that contradicts what is known of its
    repository is not used: nobody vouches for it.
    """
    reference = _model_reference(workload)
    repository = reference.repository if reference else None
    profile, problem = _profile(workload, repository, workload.model, profile_keys)
    settings = workload.settings
    unknown = [option for option in _OVERRIDES if settings is not None and option in settings.unresolved]
    if unknown:
        missing = MissingFact(
            option_path(workload, *unknown),
            f"what {unknown[0]} changes is not known, and it can change every fact about the model",
            "write the value out",
        )
        return ResolvedArchitecture(missing=missing, profile_problem=problem)
    overrides = settings.configuration_overrides if settings else {}
    if profile is not None:
        try:
            stated = read_architecture(profile.config)
            problem = _contradiction(profile, stated, models, is_signed=bool(profile_keys))
            if problem is None or profile_keys:
                architecture = _read(profile.config, overrides) if overrides else stated
                return ResolvedArchitecture(architecture, "profile", profile_problem=problem)
        except InvalidInputError as error:
            problem = _unusable_profile(error)
    if repository is not None:
        found = _from_models(workload, repository, models, overrides)
        if found is not None:
            return replace(found, profile_problem=problem)
    if reference is None:
        return ResolvedArchitecture(profile_problem=problem)
    missing = MissingFact(
        reference.path, f"nothing is known about the model {reference.text[:120]!r}", _SUPPLY_MODEL
    )
    return ResolvedArchitecture(missing=missing, profile_problem=problem)


def _model_reference(workload: ServingWorkload) -> ModelReference | None:
    """Return where the engine takes the model's configuration from."""
    settings = workload.settings
    configuration = settings.options.get("--hf-config-path") if settings else None
    if configuration:
        return ModelReference(configuration, option_path(workload, "--hf-config-path"))
    if workload.model is not None:
        return workload.model
    if settings is not None and settings.model:
        return ModelReference(settings.model, option_path(workload, "--model", "--model-path"))
    return None


def _profile(
    workload: ServingWorkload,
    repository: str | None,
    stored: ModelReference | None,
    profile_keys: Sequence[Ed25519PublicKey],
) -> tuple[ModelProfile | None, MissingFact | None]:
    annotations = workload.manifest.annotations
    text = annotations.get(PROFILE_ANNOTATION)
    if text is None:
        return None, None
    unbelieved = _unbelieved_profile(text, annotations.get(SIGNATURE_ANNOTATION), profile_keys)
    if unbelieved is not None:
        return None, unbelieved
    try:
        profile = read_profile(text)
    except InvalidInputError as error:
        return None, _unusable_profile(error)
    if repository is not None and profile.repository.lower() != repository.lower():
        doubt = MissingFact(
            _PROFILE_PATH,
            f"the model profile describes {profile.repository}, but the engine loads {repository}",
            "render the endpoint again for the model it serves, or remove the annotation",
        )
        return None, doubt
    is_stored_elsewhere = (
        stored is not None and is_uri(stored.text) and stored.text.rstrip("/") != profile.repository
    )
    if repository is None and stored is not None and is_uri(profile.repository) and is_stored_elsewhere:
        doubt = MissingFact(
            _PROFILE_PATH,
            f"the model profile describes {profile.repository}, but {stored.text[:120]} is what is loaded",
            "render the endpoint again for the model it serves, or remove the annotation",
        )
        return None, doubt
    return profile, None


def _unbelieved_profile(
    text: str, signature: str | None, profile_keys: Sequence[Ed25519PublicKey]
) -> MissingFact | None:
    if not profile_keys or (signature is not None and verify_profile(text, signature, profile_keys)):
        return None
    reason = "carries no signature" if signature is None else "was not signed by a key that is trusted here"
    return MissingFact(
        _PROFILE_PATH,
        f"the model profile {reason} and is not believed",
        "render the endpoint again with the actions service that holds the key, or remove the annotation",
    )


def _contradiction(
    profile: ModelProfile, stated: ModelArchitecture, models: ModelSource, *, is_signed: bool
) -> MissingFact | None:
    """Return what a profile states otherwise than its repository is known; a trusted signature decides for it."""
    known = None if is_uri(profile.repository) else models.find(profile.repository)
    differences = () if known is None else contradictions(stated, known)
    if not differences:
        return None
    told = ", ".join(differences[:_TOLD_DIFFERENCES])
    more = len(differences) - _TOLD_DIFFERENCES
    told += f" and {more} more" if more > 0 else ""
    if is_signed:
        return MissingFact(
            _PROFILE_PATH,
            f"the signed model profile states {told}, which is known otherwise of {profile.repository}; "
            "the profile is used",
            "render the endpoint again if the repository was not changed since",
            Severity.INFO,
        )
    return MissingFact(
        _PROFILE_PATH,
        f"the model profile states {told}, which is known otherwise of {profile.repository}; without a verified "
        "signature it is not believed",
        "render the endpoint again, remove the annotation, or give the key that signed it (--profile-public-key)",
    )


def _unusable_profile(error: InvalidInputError) -> MissingFact:
    return MissingFact(
        _PROFILE_PATH,
        f"the model profile cannot be used: {error.message}",
        error.fix or "render the endpoint again, or remove the annotation",
    )


def _from_models(
    workload: ServingWorkload,
    repository: str,
    models: ModelSource,
    overrides: Mapping[str, object],
) -> ResolvedArchitecture | None:
    if not overrides:
        architecture = models.find(repository)
        return None if architecture is None else ResolvedArchitecture(architecture, "catalogue")
    entry = models.entry(repository) if isinstance(models, ConfigurationSource) else None
    if entry is None:
        if models.find(repository) is None:
            return None
        problem = f"the model's config.json is not at hand to apply {_given(workload)} to"
    else:
        try:
            return ResolvedArchitecture(_read(entry.config, overrides), "catalogue")
        except InvalidInputError as error:
            problem = f"the model's config.json cannot be read once {_given(workload)} is applied: {error.message}"
    missing = MissingFact(option_path(workload, *_OVERRIDES), problem, _SUPPLY_MODEL)
    return ResolvedArchitecture(missing=missing)


def _given(workload: ServingWorkload) -> str:
    """Return the name of the option that changes the configuration."""
    options = workload.settings.options if workload.settings else {}
    return next((option for option in _OVERRIDES if option in options), _OVERRIDES[0])


def _read(config: Mapping[str, object], overrides: Mapping[str, object]) -> ModelArchitecture:
    return read_architecture(apply_overrides(config, overrides))


def apply_overrides(config: Mapping[str, object], overrides: Mapping[str, object]) -> Mapping[str, object]:
    """Return a configuration as `--hf-overrides` changes it."""
    if not overrides:
        return config
    changed = dict(config)
    for field, value in overrides.items():
        present = changed.get(field)
        if field in _NESTED_CONFIGURATIONS and isinstance(value, Mapping) and isinstance(present, Mapping):
            changed[field] = apply_overrides(present, value)
        else:
            changed[field] = value
    return changed
