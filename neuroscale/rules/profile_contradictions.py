"""What a model profile states otherwise than the configuration that is known of the same repository."""

from collections.abc import Iterator

from neuroscale.architecture.model import ModelArchitecture

_Figures = tuple[tuple[str, int | str | None], ...]


def contradictions(stated: ModelArchitecture, known: ModelArchitecture) -> tuple[str, ...]:
    """Return each fact in which two readings of one model differ, such as "60 attention heads instead of 64".

    Only what rules compute with is compared, and what either side does not know contradicts nothing.
    """
    return tuple(
        f"{ours} {name} instead of {theirs}" if isinstance(ours, int) else f"{name} {ours} instead of {theirs}"
        for (name, ours), (_, theirs) in zip(_figures(stated), _figures(known), strict=True)
        if ours is not None and theirs is not None and ours != theirs
    )


def _figures(model: ModelArchitecture) -> _Figures:
    attention, context = model.attention, model.context
    return (
        ("layers", model.layers),
        ("hidden size", model.hidden_size),
        ("attention heads", attention.heads if attention else None),
        ("key/value heads", attention.kv_heads if attention else None),
        ("heads of the vision tower", model.vision.heads if model.vision else None),
        *_expert_figures(model),
        ("feed-forward width", model.dense_intermediate_size),
        ("vocabulary", model.vocabulary_size),
        ("parameters", model.parameters.total if model.parameters else None),
        ("positions", context.original_tokens if context and context.stated_in else None),
        ("quantisation", model.quantization.method if model.quantization else "none"),
    )


def _expert_figures(model: ModelArchitecture) -> Iterator[tuple[str, int | None]]:
    """Yield the figures of the experts: 0 for a model that certainly has none, None where that is not known."""
    experts = model.experts
    absent = 0 if model.is_mixture_of_experts is False else None
    yield "routed experts", experts.routed_experts if experts else absent
    yield "experts per token", experts.experts_per_token if experts else absent
    yield "expert intermediate size", experts.expert_intermediate_size if experts else absent
