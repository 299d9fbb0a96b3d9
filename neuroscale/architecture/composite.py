"""What a multimodal model type declares about itself when its language model may be of any described family."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from neuroscale.architecture.decoder import Decoder, Extras, Family, UncountableError, read_decoder
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.tower import Tower
from neuroscale.architecture.towers import towers_by_model_type

Tying = Literal["never", "root", "root or text", "root else text"]
# Parameters between a tower and the language model, from the root, the language model's fields and the tower's.
Projector = Callable[[Fields, Fields, Fields], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedTower:
    """A tower as one composite attaches it.

    Attributes:
        tower: The `model_type` that a configuration without one means, when the tower may be of any described kind;
            or the only kind, whatever the configuration calls it.
        projector: What lies between the tower and the language model.
        tower_field: Field of the root that holds the tower's configuration.
        when_absent: What the class takes when the configuration has no such field; class defaults for the rest.
        is_optional: Whether the absence of the field means that there is no such tower.
    """

    tower: str | Tower
    projector: Projector
    tower_field: str = "vision_config"
    when_absent: Mapping[str, object] = field(default_factory=dict)
    is_optional: bool = False


def no_root_extras(_root: Fields, _text: Fields) -> Extras:
    """Return nothing: towers, projectors and language model are all."""
    return Extras()


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite:
    """What a multimodal model type declares about itself.

    Attributes:
        model_types: The `model_type` values that it describes.
        class_names: Classes of `architectures` whose weights the description covers exactly.
        language_model: The `model_type` that a language model's configuration without one means, when it may be of
            any described family; or the only family, whatever the configuration calls it.
        vision: Towers for images and videos, with their projectors.
        audio: Towers for sounds, with their projectors.
        root_defaults: Class defaults of the root.
        part_field: Field that holds the described model where a configuration names several; None when it is all.
        text_field: Field of the root that holds the language model's configuration.
        text_when_absent: What the class takes when the configuration has no such field.
        text_defaults: Defaults of the composite that go before those of the language model's family.
        text_in_root: Whether published files without that field keep the language model's fields in the root.
        has_own_head: Whether the composite adds an output head to a language model without one; otherwise the
            language model brings its own and decides alone whether it is tied.
        tying: Who says whether an output head of its own reuses the input embedding: nobody, because the class
            never ties; the root alone; the root or the language model; or the language model where the root says
            nothing, because the checkpoints of such classes are older than the root's default. vLLM 0.33.0 builds
            the language model from its own configuration alone; `PreTrainedModel.tie_weights` of transformers
            5.23.0 keeps a stored head that differs from the embedding, whatever the root's default says.
        tie_names: Fields of the root that say whether the embeddings are tied, the deciding one first.
        extras: Parameters that belong to neither a tower nor the language model's family.
    """

    model_types: tuple[str, ...]
    class_names: tuple[str, ...]
    language_model: str | Family
    vision: tuple[AttachedTower, ...] = ()
    audio: tuple[AttachedTower, ...] = ()
    root_defaults: Mapping[str, object] = field(default_factory=dict)
    part_field: str | None = None
    text_field: str = "text_config"
    text_when_absent: Mapping[str, object] = field(default_factory=dict)
    text_defaults: Mapping[str, object] = field(default_factory=dict)
    text_in_root: bool = False
    has_own_head: bool = True
    tying: Tying = "root"
    tie_names: tuple[str, ...] = ("tie_word_embeddings",)
    extras: Callable[[Fields, Fields], Extras] = no_root_extras


@dataclass(frozen=True, slots=True)
class CompositeText:
    """The language model of a configuration: its fields, its type and its family, None when not described."""

    fields: Fields
    model_type: str
    family: Family | None


def composite_text(composite: Composite, root: Fields, families: Mapping[str, Family]) -> CompositeText:
    """Find the language model of a configuration.

    Args:
        composite: The declared facts.
        root: The whole configuration.
        families: The described families by `model_type`.
    """
    nested = root.nested(composite.text_field)
    is_root = nested is None and composite.text_in_root
    fields = root if is_root else nested or Fields(composite.text_when_absent, path=composite.text_field)
    if isinstance(composite.language_model, Family):
        family: Family | None = composite.language_model
        model_type = composite.language_model.model_types[0]
    else:
        stated = None if is_root else fields.optional_text("model_type")
        model_type = stated or composite.language_model
        family = families.get(model_type)
    if family is not None:
        fields = fields.with_defaults({**family.defaults, **composite.text_defaults}, family.aliases)
    return CompositeText(fields, model_type, family)


def read_composite_decoder(composite: Composite, root: Fields, text: CompositeText) -> tuple[Decoder, bool]:
    """Count the language model of a composite and tell whether its embeddings are tied.

    Raises:
        InvalidInputError: A field has a value that no model can have.
        UncountableError: The language model is not described, or uses something that its description leaves out.
    """
    family = text.family
    if family is None:
        raise UncountableError(f"the language model type {text.model_type!r} is not described")
    if family.text_field is not None:
        raise UncountableError(f"the language model type {text.model_type!r} has towers of its own")
    if not (root.has(composite.text_field) or composite.text_in_root) and root.has("num_hidden_layers"):
        raise UncountableError(f"the language model's fields are not in {composite.text_field}")
    if not composite.has_own_head:
        tied = text.fields.flag(*family.tie_names)
        if tied and not family.can_tie:
            raise UncountableError("tied embeddings are not covered: the class keeps an output head of its own")
        return _with_extras(read_decoder(family, text.fields, tied_embeddings=tied), composite, root, text), tied
    tied = _is_tied(composite, root, text.fields, family)
    headless = replace(family, extras=lambda fields: replace(family.extras(fields), output_head=0))
    return _with_extras(read_decoder(headless, text.fields, tied_embeddings=tied), composite, root, text), tied


def tower_parameters(attached: AttachedTower, root: Fields, text: Fields) -> int:
    """Return the parameters of one tower and its projector.

    Raises:
        InvalidInputError: A field has a value that no model can have.
        UncountableError: The tower is not described, or uses something that its description leaves out.
    """
    fields = root.nested(attached.tower_field)
    if fields is None:
        if attached.is_optional:
            return 0
        fields = Fields(attached.when_absent, path=attached.tower_field)
    tower = attached.tower
    if isinstance(tower, str):
        model_type = fields.optional_text("model_type") or tower
        found = towers_by_model_type().get(model_type)
        if found is None:
            raise UncountableError(f"the tower type {model_type!r} ({attached.tower_field}) is not described")
        tower = found
    fields = fields.with_defaults(tower.defaults, tower.aliases)
    return tower.parameters(fields) + attached.projector(root, text, fields)


def _is_tied(composite: Composite, root: Fields, text: Fields, family: Family) -> bool:
    by_root = root.with_defaults(composite.root_defaults).flag(*composite.tie_names)
    match composite.tying:
        case "never":
            return False
        case "root":
            return by_root
        case "root or text":
            return by_root or text.flag(*family.tie_names)
        case "root else text":
            stated = any(root.has(name) for name in composite.tie_names)
            return by_root if stated else text.flag(*family.tie_names)


def _with_extras(decoder: Decoder, composite: Composite, root: Fields, text: CompositeText) -> Decoder:
    extras = composite.extras(root.with_defaults(composite.root_defaults), text.fields)
    counts = decoder.parameters
    return replace(
        decoder,
        parameters=replace(
            counts,
            input_embedding=counts.input_embedding + extras.input_embedding,
            normalisation=counts.normalisation + extras.normalisation,
            output_head=counts.output_head + extras.output_head,
            other=counts.other + extras.other,
        ),
    )
