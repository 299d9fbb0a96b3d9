"""What was found at a source."""

from collections.abc import Mapping
from dataclasses import dataclass

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.model_sources.stored_tensors import StoredWeights


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A model as its source has it.

    Attributes:
        repository: Repository of a hub; None for every other source.
        revision: Commit that was read, where the source has commits.
        provenance: Where it was read, in words.
        config: The configuration: a config.json as published, joined with its quantisation file, or what the
            metadata of a GGUF file corresponds to; None when there is neither.
        config_sha256: SHA-256 of the configuration in canonical JSON, as in a model profile; None without one.
        architecture: What the model is.
        weights: What the headers of the weight files say, where they were read.
    """

    repository: str | None
    revision: str | None
    provenance: str
    config: Mapping[str, object] | None
    config_sha256: str | None
    architecture: ModelArchitecture
    weights: StoredWeights | None = None
