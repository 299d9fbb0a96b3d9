"""Whether a configuration that was put together from figures is the one that was published.

The proof is the number of parameters: the exact count of the configuration must equal, to the parameter, what the
published checkpoint stores. Fields that no source states are decided by it, and by nothing else.
"""

import re
from collections.abc import Iterable, Mapping

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import NeuroScaleError

# "7B", "1.5b", "135M", "8x7B"; not the "3B" of "A3B", which is an active size.
_SIZE = re.compile(r"(?<![A-Za-z0-9.])(?:(\d+)x)?(\d+(?:[.]\d+)?)([BbMm])(?![A-Za-z0-9])")
_ACTIVE_SIZE = re.compile(r"(?<![A-Za-z0-9])A(\d+(?:[.]\d+)?)B(?![A-Za-z0-9])")
_ACTIVE_TOLERANCE = 0.25
# Models whose table of embeddings is a smaller part than this store their output head once when they reuse it.
_SMALL_HEAD = 0.09


def proved_config(
    configs: Iterable[Mapping[str, object]], repository: str, published_parameters: int
) -> Mapping[str, object] | str:
    """Return the one configuration whose count equals the published one, or why there is none, in one sentence."""
    problems: set[str] = set()
    matching: list[tuple[Mapping[str, object], ModelArchitecture]] = []
    nearest: int | None = None
    for config in configs:
        try:
            architecture = read_architecture(config)
        except NeuroScaleError as problem:
            problems.add(str(problem))
            continue
        if architecture.parameters is None:
            problems.update(architecture.unread)
            continue
        if published_parameters in stored_parameters(architecture):
            matching.append((config, architecture))
        count = architecture.parameters.total
        if nearest is None or abs(count - published_parameters) < abs(nearest - published_parameters):
            nearest = count
    alike = [config for config, architecture in matching if architecture == matching[0][1]]
    if not matching:
        if nearest is None:
            return "; ".join(sorted(problems)) or "no configuration is possible"
        return f"the figures give {nearest:,} parameters, the checkpoint stores {published_parameters:,}"
    if len(alike) != len(matching):
        return "several configurations have the published number of parameters"
    config, architecture = matching[0]
    return contradiction(repository, architecture) or config


def stored_parameters(architecture: ModelArchitecture) -> frozenset[int]:
    """Return the numbers of parameters that a checkpoint of the model may store.

    Beside the model's own they are those with its layers of multi-token prediction, with one learned correction per
    routed expert, which classes keep beside their parameters, and with the frequencies of rotary embeddings, half a
    head wide and of no use, that files of 2023 kept in every layer.
    """
    if architecture.parameters is None:
        return frozenset()
    totals = [architecture.parameters.total]
    prediction, experts, attention = (
        architecture.multi_token_prediction,
        architecture.experts,
        architecture.attention,
    )
    drafted_layers = 0
    if prediction is not None and prediction.parameters is not None:
        drafted_layers = prediction.layers
        totals.append(totals[0] + prediction.parameters)
    if experts is not None and experts.moe_layers is not None:
        corrections = (experts.moe_layers, experts.moe_layers + drafted_layers)
        totals += [total + layers * experts.routed_experts for total in tuple(totals) for layers in corrections]
    if attention is not None and architecture.layers is not None:
        totals.append(totals[0] + architecture.layers * (attention.head_dimension // 2))
    return frozenset(totals)


def contradiction(repository: str, architecture: ModelArchitecture) -> str | None:
    """Return what the repository's name says against a model, or None.

    A name that ends in "-A3B" states the active parameters, in one convention or another. A model that stores a
    large output head apart, but whose name is nearer to its size without that head, may reuse its input embedding:
    some checkpoints store the one table twice.
    """
    if architecture.parameters is None:
        return "its parameters cannot be counted"
    name = repository.rpartition("/")[2]
    active = _ACTIVE_SIZE.search(name)
    if active is not None:
        stated = float(active[1]) * 1e9
        counted = (
            architecture.active_parameters,
            architecture.active_parameters_without_input_embedding,
            architecture.active_parameters_without_embeddings_and_head,
        )
        if all(count is None or abs(count / stated - 1) > _ACTIVE_TOLERANCE for count in counted):
            return (
                f"its name says A{active[1]}B, the figures give {architecture.active_parameters} active parameters"
            )
    size = stated_size(repository)
    head = architecture.parameters.output_head
    total = architecture.parameters.total
    if size is None or head <= _SMALL_HEAD * total:
        return None
    if abs(total - head - size) < abs(total - size):
        return "it may store one table of embeddings twice: its name states the size without the output head"
    return None


def stated_size(repository: str) -> float | None:
    """Return the parameters that a repository's name states, or None."""
    found = _SIZE.search(repository.rpartition("/")[2].replace("_", "-"))
    if found is None or found[1] is not None:
        return None
    return float(found[2]) * (1e9 if found[3] in "Bb" else 1e6)
