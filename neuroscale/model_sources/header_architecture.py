"""What the headers of weight files say about a model's architecture, and what they leave open."""

from dataclasses import replace

from neuroscale.architecture.model import (
    Attention,
    ContextLength,
    MixtureOfExperts,
    ModelArchitecture,
    ParameterCounts,
    Quantization,
)
from neuroscale.model_sources.gguf_config import data_type_of, quantised_bits, vocabulary_of
from neuroscale.model_sources.gguf_header import GgufHeader
from neuroscale.model_sources.stored_tensors import Component, SortedTensors, StoredTensor

_DATA_TYPES = {"BF16": "bfloat16", "F16": "float16", "F32": "float32", "F64": "float64"}
_UNCERTAIN: tuple[Component, ...] = ("router", "other")


def safetensors_architecture(
    tensors: tuple[StoredTensor, ...], found: SortedTensors, *, are_packed: bool
) -> ModelArchitecture:
    """Return what safetensors headers say.

    A model is a Mixture-of-Experts when its names number or stack experts, and dense when every matrix belongs to
    an embedding, an attention, a feed-forward or the head. Otherwise that stays open.
    """
    embedding = next((tensor for tensor in found.by_component.get("input_embedding", ())), None)
    has_head = bool(found.by_component.get("output_head"))
    unread = ["The repository has no config.json: this is read from the headers of its weights."]
    if are_packed:
        unread.append("The parameters were not counted: packed types hold several weights in a number.")
    is_mixture = _is_mixture(found)
    if is_mixture:
        count = found.routed_experts
        unread.append(f"{count} routed experts are stored, but not how many of them compute a token.")
    elif is_mixture is None:
        unread.append("Whether the model has routed experts was not read: some weights have unknown names.")
    unread.append("Attention heads, the shape of the KV cache and the context length are not in the headers.")
    return ModelArchitecture(
        model_type="",
        class_names=(),
        is_mixture_of_experts=is_mixture,
        layers=found.layers or None,
        hidden_size=embedding.shape[1] if embedding is not None and len(embedding.shape) == 2 else None,
        vocabulary_size=embedding.shape[0] if embedding is not None and len(embedding.shape) == 2 else None,
        dense_intermediate_size=None,
        attention=None,
        experts=None,
        parameters=None if are_packed else parameter_counts(found),
        tied_embeddings=None if embedding is None else not has_head,
        context=None,
        quantization=None,
        data_type=_DATA_TYPES.get(max(tensors, key=lambda tensor: tensor.stored_bytes).data_type),
        unread=(*unread, *_draft_sentence(found)),
        active_routed_experts=0 if is_mixture is False and not are_packed else None,
    )


def gguf_architecture(
    header: GgufHeader, tensors: tuple[StoredTensor, ...], found: SortedTensors
) -> ModelArchitecture:
    """Return what a GGUF header says about a model of any family."""
    experts = _gguf_experts(header, found)
    routed = found.elements("routed_experts")
    is_mixture = (header.integer("expert_count") or 0) > 1 or found.routed_experts > 1
    active = 0 if not is_mixture else None
    if experts is not None:
        active = routed * experts.experts_per_token // experts.routed_experts
    context = header.integer("context_length")
    name = header.architecture[:40]
    unread = [f"The GGUF family {name!r} is not described: the shape of the KV cache was not read."]
    if is_mixture and experts is None:
        unread.append("The experts are incomplete: the file does not say how many of them compute a token.")
    return ModelArchitecture(
        model_type="",
        class_names=(),
        is_mixture_of_experts=is_mixture,
        layers=found.layers or None,
        hidden_size=header.integer("embedding_length"),
        vocabulary_size=vocabulary_of(tensors),
        dense_intermediate_size=header.integer("feed_forward_length"),
        attention=_gguf_attention(header),
        experts=experts,
        parameters=parameter_counts(found),
        tied_embeddings=not found.by_component.get("output_head"),
        context=None
        if context is None
        else ContextLength(context, stated_in=f"{header.architecture}.context_length"),
        quantization=gguf_quantization(tensors),
        data_type=data_type_of(tensors),
        unread=(*unread, *_draft_sentence(found)),
        active_routed_experts=active,
    )


def checked_against_tensors(
    architecture: ModelArchitecture, tensors: tuple[StoredTensor, ...], found: SortedTensors
) -> ModelArchitecture:
    """Return what a family's reader says of a GGUF file, its counts compared with the stored tensors.

    Where the two disagree, the counts are those of the file, and a sentence says so.
    """
    checked = replace(
        architecture,
        quantization=gguf_quantization(tensors),
        data_type=data_type_of(tensors) or architecture.data_type,
    )
    stored = parameter_counts(found)
    if checked.parameters is not None and checked.parameters.language_model == stored.language_model:
        return checked
    sentences = list(checked.unread)
    if checked.parameters is not None:
        sentences.append(
            f"The metadata describes {checked.parameters.language_model:,} parameters and the file holds "
            f"{stored.language_model:,}: the counts are those of the file."
        )
    experts = checked.experts
    active = 0 if checked.is_mixture_of_experts is False else None
    if experts is not None:
        active = stored.routed_experts * experts.experts_per_token // experts.routed_experts
    return replace(checked, parameters=stored, active_routed_experts=active, unread=tuple(sentences))


def gguf_quantization(tensors: tuple[StoredTensor, ...]) -> Quantization | None:
    """Return the quantisation of a GGUF file, None when every tensor is stored in floating point."""
    bits = quantised_bits(tensors)
    return None if bits is None else Quantization(method="gguf", weight_bits=bits)


def parameter_counts(found: SortedTensors) -> ParameterCounts:
    """Return the stored parameters by component."""
    return ParameterCounts(
        input_embedding=found.elements("input_embedding"),
        attention=found.elements("attention"),
        dense_feed_forward=found.elements("dense_feed_forward"),
        router=found.elements("router"),
        routed_experts=found.elements("routed_experts"),
        shared_experts=found.elements("shared_experts"),
        normalisation=found.elements("normalisation"),
        output_head=found.elements("output_head"),
        vision_tower=found.elements("vision_tower"),
        audio_tower=found.elements("audio_tower"),
        other=found.elements("other"),
    )


def _is_mixture(found: SortedTensors) -> bool | None:
    if found.routed_experts > 1:
        return True
    unknown = [
        tensor
        for component in _UNCERTAIN
        for tensor in found.by_component.get(component, ())
        if len(tensor.shape) > 1
    ]
    is_complete = found.by_component.get("dense_feed_forward") and found.by_component.get("input_embedding")
    return False if is_complete and not unknown and not found.routed_experts else None


def _gguf_experts(header: GgufHeader, found: SortedTensors) -> MixtureOfExperts | None:
    chosen = header.integer("expert_used_count")
    stacked = [tensor for tensor in found.by_component.get("routed_experts", ()) if len(tensor.shape) == 3]
    up = next((tensor for tensor in stacked if ".ffn_up_exps." in tensor.name), None)
    if up is None or not chosen or chosen > found.routed_experts:
        return None
    layer = up.name.partition(".ffn_")[0]
    shared = [tensor for tensor in found.by_component.get("shared_experts", ()) if ".ffn_up_shexp." in tensor.name]
    return MixtureOfExperts(
        routed_experts=found.routed_experts,
        experts_per_token=chosen,
        expert_intermediate_size=up.shape[1],
        moe_layers=found.expert_layers,
        shared_intermediate_size=max((tensor.shape[0] for tensor in shared), default=0),
        expert_hidden_size=up.shape[2],
        matrices_per_expert=sum(tensor.name.startswith(f"{layer}.") for tensor in stacked),
    )


def _gguf_attention(header: GgufHeader) -> Attention | None:
    heads, hidden = header.integer("attention.head_count"), header.integer("embedding_length")
    if not heads or not hidden:
        return None
    return Attention(
        heads=heads,
        kv_heads=header.integer("attention.head_count_kv") or heads,
        head_dimension=header.integer("attention.key_length") or max(1, hidden // heads),
        groups=(),
        is_latent=bool(header.integer("attention.kv_lora_rank")),
    )


def _draft_sentence(found: SortedTensors) -> tuple[str, ...]:
    if not found.draft:
        return ()
    return ("Layers that draft tokens are stored beside the model; no count includes them.",)
