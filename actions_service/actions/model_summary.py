"""A model's architecture in words, for the output page of a task."""

from neuroscale.architecture.labels import shown_parameters
from neuroscale.architecture.model import ModelArchitecture


def model_as_markdown(repository: str, architecture: ModelArchitecture) -> str:
    """Return one sentence, a table of the known facts, and what could not be read."""
    lines = [_headline(repository, architecture), "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in _rows(architecture)]
    if architecture.unread:
        lines += ["", *(f"- {_plain(sentence)}" for sentence in architecture.unread)]
    return "\n".join(lines) + "\n"


def _headline(repository: str, architecture: ModelArchitecture) -> str:
    name = f"**{_plain(repository)}**" if repository else "The model"
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
    rows: list[tuple[str, str]] = [("Model type", _code(architecture.model_type or "not stated"))]
    if architecture.parameters is not None:
        rows.append(("Parameters", f"{architecture.parameters.total:,}"))
    if architecture.active_parameters is not None:
        rows.append(("Active parameters", f"{architecture.active_parameters:,}"))
    if architecture.experts is not None:
        experts = architecture.experts
        chosen = f"{experts.experts_per_token} of {experts.routed_experts} for each token"
        rows.append(("Experts", f"{chosen}, in {experts.moe_layers} layers"))
    if architecture.layers is not None:
        rows.append(("Layers", f"{architecture.layers}"))
    if architecture.attention is not None:
        attention = architecture.attention
        latent = ", latent" if attention.is_latent else ""
        rows.append(("Attention", f"{attention.heads} heads, {attention.kv_heads} KV heads{latent}"))
    if architecture.context is not None:
        context = architecture.context
        scaled = f", scaled by {context.rope_factor:g}" if context.rope_factor != 1.0 else ""
        rows.append(("Context", f"{context.original_tokens:,} tokens{scaled}"))
    if architecture.quantization is not None:
        rows.append(("Quantisation", _code(architecture.quantization.method)))
    elif architecture.data_type is not None:
        rows.append(("Data type", _code(architecture.data_type)))
    return rows


def _code(text: str) -> str:
    """Return a code span that its text, which anybody may have written, cannot leave."""
    return f"`{' '.join(text.replace('`', '').replace('|', '/').split())[:80]}`"


def _plain(text: str) -> str:
    """Return text that Markdown shows as it is."""
    shown = " ".join(text.split())
    for character in "\\`*_[]<>|#":
        shown = shown.replace(character, f"\\{character}")
    return shown
