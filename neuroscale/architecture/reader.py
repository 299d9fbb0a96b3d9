"""config.json to ModelArchitecture: exact for the families that are described, honest about every other."""

from collections.abc import Mapping
from dataclasses import replace

from neuroscale.architecture.composite import (
    Composite,
    CompositeText,
    composite_text,
    read_composite_decoder,
    tower_parameters,
)
from neuroscale.architecture.context import read_context
from neuroscale.architecture.decoder import Decoder, Family, UncountableError, read_decoder
from neuroscale.architecture.families import (
    composites_by_model_type,
    families_by_model_type,
    language_models_by_model_type,
    model_types_by_class,
)
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.partial import (
    read_heads,
    read_hidden_size,
    read_layers,
    read_mixture,
    read_vocabulary_size,
)
from neuroscale.architecture.quantization import read_quantization
from neuroscale.architecture.vision import read_vision_tower
from neuroscale.errors import InvalidInputError

# Where multimodal configurations keep their language model.
TEXT_FIELDS = ("text_config", "thinker_config", "llm_config", "language_config")
_MAXIMUM_CLASS_NAMES = 16
_MAXIMUM_NESTING = 4


def read_architecture(config: Mapping[str, object]) -> ModelArchitecture:
    """Read what a Hugging Face config.json says about a model.

    Absent fields take the defaults of the model's class in transformers, because published files leave out values
    that equal them. A model whose family is not described gets no counts: `parameters` is None, `unread` says why.

    Args:
        config: The parsed config.json.

    Raises:
        InvalidInputError: The configuration is no object, or a field has a value that no model can have.
    """
    if not isinstance(config, Mapping):
        raise InvalidInputError("a configuration must be a JSON object", fix="give the content of a config.json")
    root = Fields(config)
    class_names = root.texts("architectures", maximum_length=_MAXIMUM_CLASS_NAMES) or ()
    model_type = root.optional_text("model_type") or _model_type_of_class(class_names)
    family = families_by_model_type().get(model_type)
    composite = composites_by_model_type().get(model_type)
    part = _described_part(root, family or composite)
    language = None if composite is None else composite_text(composite, part, language_models_by_model_type())
    text = _text_fields(part, family) if language is None else language.fields
    partial = ModelArchitecture(
        model_type=model_type,
        class_names=class_names,
        is_mixture_of_experts=None,
        layers=read_layers(text),
        hidden_size=read_hidden_size(text),
        vocabulary_size=read_vocabulary_size(text),
        dense_intermediate_size=None,
        attention=None,
        experts=None,
        parameters=None,
        tied_embeddings=None,
        context=read_context(text),
        quantization=read_quantization(root, text),
        data_type=_data_type(root, text),
        vision=read_vision_tower(root, model_type),
    )
    declared = partial.quantization
    if declared is not None and declared.weight_bits is None and not declared.groups:
        partial = replace(partial, unread=(f"The stored bits per weight of {declared.method!r} were not read.",))
    if composite is not None and language is not None:
        return _read_composite(partial, composite, part, language)
    if family is None:
        return _read_unknown(partial, text)
    try:
        return _read_family(partial, family, part, text)
    except UncountableError as reason:
        return _read_generic(partial, text, f"The parameters were not counted: {reason}.")


def _model_type_of_class(class_names: tuple[str, ...]) -> str:
    """Return the type of a configuration that states none, as far as its class alone tells it."""
    return model_types_by_class().get(class_names[0], "") if class_names else ""


def _read_family(partial: ModelArchitecture, family: Family, root: Fields, text: Fields) -> ModelArchitecture:
    _check_classes(partial.class_names, family.class_names)
    root = root.with_defaults({}, family.aliases)
    if family.text_field is not None and root.value(family.text_field)[1] is None:
        raise UncountableError(f"{family.text_field} is missing")
    tied = root.with_defaults(family.root_defaults or family.defaults, family.aliases).flag(*family.tie_names) or (
        family.text_may_tie and text.flag(*family.tie_names)
    )
    if tied and not family.can_tie:
        raise UncountableError("tied embeddings are not covered: the class keeps an output head of its own")
    decoder = read_decoder(family, text, tied_embeddings=tied)
    counts = replace(
        decoder.parameters,
        vision_tower=0 if family.vision is None else family.vision(root),
        audio_tower=0 if family.audio is None else family.audio(root),
    )
    return replace(
        _with_decoder(partial, decoder),
        parameters=counts,
        active_routed_experts=decoder.active_routed_experts,
        linear_modules=decoder.linear_modules,
        tied_embeddings=tied,
        multi_token_prediction=None if family.prediction is None else family.prediction(text),
    )


def _read_composite(
    partial: ModelArchitecture, composite: Composite, root: Fields, text: CompositeText
) -> ModelArchitecture:
    """Read a multimodal model; its language model is told even when its parameters cannot be counted."""
    try:
        _check_classes(partial.class_names, composite.class_names)
        decoder, tied = read_composite_decoder(composite, root, text)
        known = root.with_defaults(composite.root_defaults)
        counts = replace(
            decoder.parameters,
            vision_tower=sum(tower_parameters(tower, known, text.fields) for tower in composite.vision),
            audio_tower=sum(tower_parameters(tower, known, text.fields) for tower in composite.audio),
        )
        prediction = None if text.family is None else text.family.prediction
        drafting = None if prediction is None else prediction(text.fields)
    except UncountableError as problem:
        reason = f"The parameters were not counted: {problem}."
        return _read_language_model(partial, text.fields, text.model_type, text.family, reason)
    return replace(
        _with_decoder(partial, decoder),
        parameters=counts,
        active_routed_experts=decoder.active_routed_experts,
        linear_modules=decoder.linear_modules,
        tied_embeddings=tied,
        multi_token_prediction=drafting,
    )


def _check_classes(stated: tuple[str, ...], covered: tuple[str, ...]) -> None:
    for class_name in stated:
        if class_name not in covered:
            raise UncountableError(f"the class {class_name} adds or leaves out weights that are not described")


def _with_decoder(partial: ModelArchitecture, decoder: Decoder) -> ModelArchitecture:
    return replace(
        partial,
        is_mixture_of_experts=decoder.experts is not None,
        layers=decoder.layers,
        hidden_size=decoder.hidden_size,
        vocabulary_size=decoder.vocabulary_size,
        dense_intermediate_size=decoder.dense_intermediate_size,
        attention=decoder.attention,
        experts=decoder.experts,
    )


def _read_unknown(partial: ModelArchitecture, text: Fields) -> ModelArchitecture:
    """Read a model of unknown family; its language model may be of a known one."""
    stated = (
        f"the model type {partial.model_type!r}" if partial.model_type else "a configuration without model_type"
    )
    reason = f"The parameters were not counted: {stated} is not described."
    text_type = text.optional_text("model_type") or ""
    family = language_models_by_model_type().get(text_type) if text_type != partial.model_type else None
    return _read_language_model(partial, text, text_type, family, reason)


def _read_language_model(
    partial: ModelArchitecture, text: Fields, text_type: str, family: Family | None, reason: str
) -> ModelArchitecture:
    """Read what can be told of a language model beside the reason why no parameters are counted."""
    if family is None or family.text_field is not None:
        return _read_generic(partial, text, reason)
    try:
        decoder = read_decoder(family, text.with_defaults(family.defaults, family.aliases), tied_embeddings=False)
    except UncountableError:
        return _read_generic(partial, text, reason)
    known = f"Layers, heads and experts are those of its language model {text_type!r}."
    return replace(_with_decoder(partial, decoder), unread=(*partial.unread, reason, known))


def _read_generic(partial: ModelArchitecture, text: Fields, reason: str) -> ModelArchitecture:
    attention = read_heads(text)
    is_mixture, experts, doubt = read_mixture(text)
    unread = [*partial.unread, reason]
    for value, sentence in (
        (partial.layers, "The number of layers is not stated."),
        (partial.vocabulary_size, "The vocabulary size is not stated."),
        (attention, "The attention heads are not stated."),
        (partial.context, "The context length is not stated."),
    ):
        if value is None:
            unread.append(sentence)
    if attention is not None:
        unread.append("The shape of the KV cache was not read: it is a matter of the family.")
    unread.append(
        f"The experts were not read: {doubt}." if experts is None else f"The experts are incomplete: {doubt}."
    )
    return replace(
        partial, is_mixture_of_experts=is_mixture, attention=attention, experts=experts, unread=tuple(unread)
    )


def _described_part(root: Fields, described: Family | Composite | None) -> Fields:
    """Return the part of the configuration that a family describes, which is all of it unless it names one."""
    if described is None or described.part_field is None:
        return root
    return root.nested(described.part_field) or Fields({}, path=described.part_field)


def _text_fields(root: Fields, family: Family | None) -> Fields:
    """Return the language model's fields, with the defaults of its family when that is known."""
    if family is not None:
        if family.text_field is not None:
            spelt = root.with_defaults({}, family.aliases)
            nested = spelt.nested(family.text_field, family.defaults, family.aliases)
            if nested is not None:
                return nested
        return root.with_defaults(family.defaults, family.aliases)
    text = root
    for _ in range(_MAXIMUM_NESTING):
        found = next((nested for name in TEXT_FIELDS if (nested := text.nested(name)) is not None), None)
        if found is None:
            break
        text = found
    return text


def _data_type(root: Fields, text: Fields) -> str | None:
    stated = root.optional_text("torch_dtype", "dtype") or text.optional_text("torch_dtype", "dtype")
    return None if stated is None else stated.removeprefix("torch.")
