"""What the strategies of all families draw from: small shapes, so that a build takes milliseconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames

Config = dict[str, Any]
Library = Literal["transformers", "vllm"]

widths = st.sampled_from([8, 16, 24, 32, 48, 64])
layer_counts = st.integers(min_value=1, max_value=5)
vocabularies = st.integers(min_value=16, max_value=96)
# vLLM stores a vocabulary padded to a multiple of 64.
padded_vocabularies = st.sampled_from([64, 128, 192])
flags = st.booleans()


@dataclass(frozen=True, slots=True)
class Builds:
    """How the builds of one model type are drawn and counted.

    Attributes:
        strategy: Configurations in the form of a config.json, `model_type` left out.
        names: How the class names its parameters.
        class_names: Classes to build each configuration with; the one that generates text when empty.
        default: Fields of the build at library defaults: empty unless the class cannot be built without some.
        library: Which library builds: vLLM where transformers has no class; `class_names` must then be given.
    """

    strategy: st.SearchStrategy[Config]
    names: ComponentNames = field(default_factory=ComponentNames)
    class_names: tuple[str, ...] = ()
    default: Mapping[str, Any] | None = field(default_factory=dict)
    library: Library = "transformers"


def fields(
    required: Mapping[str, st.SearchStrategy[Any]], optional: Mapping[str, st.SearchStrategy[Any]] | None = None
) -> st.SearchStrategy[Config]:
    """Draw a configuration; an optional field is left out now and then, so that the class default applies."""
    return st.fixed_dictionaries(dict(required), optional=dict(optional or {}))


def merged(*parts: st.SearchStrategy[Config]) -> st.SearchStrategy[Config]:
    """Draw several parts of one configuration; a later part wins."""
    return st.tuples(*parts).map(lambda drawn: {name: value for part in drawn for name, value in part.items()})


@st.composite
def head_shapes(draw: st.DrawFn, *, head_dimension: bool = True) -> Config:
    """Draw query heads, the key/value heads that divide them, and a hidden size that they divide.

    Args:
        draw: Given by hypothesis.
        head_dimension: Whether `head_dim` may be stated apart from the hidden size.
    """
    kv_heads = draw(st.sampled_from([1, 2, 4]))
    heads = kv_heads * draw(st.sampled_from([1, 2, 3]))
    drawn: Config = {
        "hidden_size": heads * draw(st.sampled_from([4, 8, 16])),
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
    }
    if head_dimension and draw(flags):
        drawn["head_dim"] = draw(st.sampled_from([4, 8, 16]))
    return drawn


@st.composite
def choices(draw: st.DrawFn, experts: str = "num_experts", per_token: str = "num_experts_per_tok") -> Config:
    """Draw a number of experts and how many of them compute a token."""
    count = draw(st.integers(min_value=2, max_value=8))
    return {experts: count, per_token: draw(st.integers(min_value=1, max_value=count))}


def per_layer(values: st.SearchStrategy[Any], layers: int) -> st.SearchStrategy[list[Any]]:
    """Draw a list with one entry per layer."""
    return st.lists(values, min_size=layers, max_size=layers)


@st.composite
def layered(
    draw: st.DrawFn, lists: Mapping[str, st.SearchStrategy[Any]], layers: str = "num_hidden_layers"
) -> Config:
    """Draw a number of layers and, now and then, each of the lists with one entry per layer.

    Args:
        draw: Given by hypothesis.
        lists: The entries of each list by the name of its field.
        layers: Field with the number of layers.
    """
    count = draw(layer_counts)
    stated = {name: draw(per_layer(entries, count)) for name, entries in lists.items() if draw(flags)}
    return {layers: count, **stated}
