"""A model's architecture and what it takes, in words: plain for a terminal, Markdown for the output of a task."""

from neuroscale.architecture.labels import shown_parameters
from neuroscale.architecture.model import ModelArchitecture, ParameterCounts
from neuroscale.reports.text import printable
from neuroscale.sizing.bounds import ByteBounds
from neuroscale.sizing.cache_per_token import LayerKindCache, cache_by_layer_kind
from neuroscale.sizing.checkpoint import checkpoint_bytes, draft_layer_bytes
from neuroscale.sizing.kv_cache import kv_cache_bytes_per_token, state_bytes_per_sequence
from neuroscale.sizing.model_summary import context_derivation, maximum_context_tokens

_GIBIBYTE = 2**30
_MEBIBYTE = 2**20
_LONGEST_TEXT = 80


def model_as_text(repository: str, architecture: ModelArchitecture) -> str:
    """Return one sentence, the known facts one a line, and what could not be read."""
    rows = _rows(architecture)
    width = max(len(name) for name, _ in rows)
    lines = [_headline(repository or "The model", architecture), ""]
    lines += [f"{name:<{width}}  {value}" for name, value in rows]
    if architecture.unread:
        lines += ["", *(f"- {sentence}" for sentence in architecture.unread)]
    return "\n".join(printable(line) for line in lines) + "\n"


def model_as_markdown(repository: str, architecture: ModelArchitecture) -> str:
    """Return the same with a table; what a configuration holds cannot leave its cell."""
    name = f"**{_plain(repository)}**" if repository else "The model"
    lines = [_headline(name, architecture), "", "| | |", "|---|---|"]
    lines += [f"| {name} | {_cell(value)} |" for name, value in _rows(architecture)]
    if architecture.unread:
        lines += ["", *(f"- {_plain(sentence)}" for sentence in architecture.unread)]
    return "\n".join(lines) + "\n"


def _headline(name: str, architecture: ModelArchitecture) -> str:
    kind = {
        True: "is a Mixture-of-Experts model",
        False: "is a dense model",
        None: "is a model of unknown architecture",
    }[architecture.is_mixture_of_experts]
    active = architecture.active_parameters
    if architecture.parameters is None or active is None:
        return f"{name} {kind}."
    total = shown_parameters(architecture.parameters.language_model)
    if architecture.is_mixture_of_experts:
        return (
            f"{name} {kind}: {total} parameters must be in memory, {shown_parameters(active)} compute each token."
        )
    return f"{name} {kind} of {total} parameters, all of which compute each token."


def _rows(architecture: ModelArchitecture) -> list[tuple[str, str]]:
    rows = [("Model type", _short(architecture.model_type or "not stated"))]
    if architecture.parameters is not None:
        rows += _parameters(architecture, architecture.parameters)
    if architecture.experts is not None:
        experts = architecture.experts
        chosen = f"{experts.experts_per_token} of {experts.routed_experts} for each token"
        rows.append(("Experts", f"{chosen}, in {experts.moe_layers} layers"))
    if architecture.layers is not None:
        rows.append(("Layers", f"{architecture.layers}"))
    if architecture.attention is not None:
        attention = architecture.attention
        latent = ", latent" if attention.is_latent else ""
        others = "".join(f", {heads} in other layers" for heads in attention.other_heads)
        rows.append(("Attention", f"{attention.heads} heads{others}, {attention.kv_heads} KV heads{latent}"))
    maximum, derivation = maximum_context_tokens(architecture), context_derivation(architecture)
    if maximum is not None and derivation is not None:
        rows.append(("Context", f"{maximum:,} tokens: {_short(derivation, 200)}"))
    if architecture.quantization is not None:
        rows.append(("Quantisation", _short(architecture.quantization.method)))
    elif architecture.data_type is not None:
        rows.append(("Data type", _short(architecture.data_type)))
    return rows + _sizes(architecture)


def _parameters(architecture: ModelArchitecture, counts: ParameterCounts) -> list[tuple[str, str]]:
    rows = [("Parameters", f"{counts.total:,}")]
    rows += [
        (f"in the {name} tower", f"{parameters:,}")
        for name, parameters in (("vision", counts.vision_tower), ("audio", counts.audio_tower))
        if parameters
    ]
    conventions = (
        ("Active parameters", architecture.active_parameters),
        ("without input embedding", architecture.active_parameters_without_input_embedding),
        ("without embeddings and head", architecture.active_parameters_without_embeddings_and_head),
    )
    rows += [(name, f"{parameters:,}") for name, parameters in conventions if parameters is not None]
    prediction = architecture.multi_token_prediction
    if prediction is not None:
        counted = "not counted" if prediction.parameters is None else f"{prediction.parameters:,} parameters"
        rows.append(("Draft layers beside them", f"{prediction.layers}, {counted}"))
    return rows


def _sizes(architecture: ModelArchitecture) -> list[tuple[str, str]]:
    rows = []
    stored, drafting = checkpoint_bytes(architecture), draft_layer_bytes(architecture)
    if stored is not None:
        rows.append(("Stored weights", _amount(stored)))
    if drafting is not None:
        rows.append(("Stored draft layers", _amount(drafting)))
    per_token = kv_cache_bytes_per_token(architecture)
    if per_token is not None:
        in_8_bits = kv_cache_bytes_per_token(architecture, 1)
        rows.append(("KV cache of a token", f"{per_token:,} bytes in 16 bits, {in_8_bits:,} in FP8"))
    rows += [
        (f"in {kind.layers} {kind.kind} layers", _of_kind(kind)) for kind in cache_by_layer_kind(architecture) or ()
    ]
    state = state_bytes_per_sequence(architecture)
    if state is not None and state.pessimistic_bytes:
        rows.append(("State of a sequence", _amount(state)))
    return rows


def _of_kind(kind: LayerKindCache) -> str:
    parts = []
    if kind.bytes_per_token:
        window = "" if kind.window_tokens is None else f" of the newest {kind.window_tokens:,} tokens"
        if kind.keeps_every_token:
            window = (
                "" if kind.window_tokens is None else f", beside the newest {kind.window_tokens:,} tokens whole"
            )
        parts.append(f"{kind.bytes_per_token:,} bytes{window}")
    if kind.indexer_bytes_per_token:
        parts.append(f"{kind.indexer_bytes_per_token:,} bytes of indexer keys")
    if kind.state_bytes_per_sequence.pessimistic_bytes:
        parts.append(f"a state of {_amount(kind.state_bytes_per_sequence)}")
    return ", ".join(parts) or "nothing"


def _amount(amount: ByteBounds) -> str:
    """Return bounds in the unit of the larger one: "60.8 GiB", or "1.2 to 1.4 GiB"."""
    is_large = amount.pessimistic_bytes >= _GIBIBYTE
    unit, name = (_GIBIBYTE, "GiB") if is_large else (_MEBIBYTE, "MiB")
    least, most = f"{amount.optimistic_bytes / unit:.1f}", f"{amount.pessimistic_bytes / unit:.1f}"
    return f"{least} {name}" if least == most else f"{least} to {most} {name}"


def _short(text: str, longest: int = _LONGEST_TEXT) -> str:
    return " ".join(text.split())[:longest]


def _cell(text: str) -> str:
    """Return text that cannot leave its cell of a table."""
    return _plain(text.replace("`", "").replace("|", "/"))


def _plain(text: str) -> str:
    """Return text that Markdown shows as it is."""
    shown = " ".join(text.split())
    for character in "\\`*_[]<>|#":
        shown = shown.replace(character, f"\\{character}")
    return shown
