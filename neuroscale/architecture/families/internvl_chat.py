"""InternVL in its published form, Skywork-R1V and H2OVL: InternViT, a projector, a language model of any family.

`llm_config` holds the language model, which may be of any described family; it decides whether its head is tied
where the root does not.
The tower's last layer is read (`select_layer` -1); models that read another keep layers that engines leave out and
are not counted. Defined by InternVLChatConfig of the published weights, and by InternVLChatModel,
SkyworkR1VChatModel and H2OVLChatModel of vLLM 0.33.0.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.decoder import UncountableError
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.tower import layer_norm

_LEAST_RATIO = 2.0**-8
_DEFAULT_RATIO = 0.5
_LAST_LAYER = -1


def _projector(root: Fields, text: Fields, tower: Fields) -> int:
    if root.value("select_layer")[1] not in (None, _LAST_LAYER):
        raise UncountableError("a layer of the vision tower other than the last (select_layer) is not covered")
    tied = {part.flag("tie_word_embeddings") for part in (root, text) if part.has("tie_word_embeddings")}
    if len(tied) > 1:
        raise UncountableError("tie_word_embeddings of the root and of llm_config contradict each other")
    ratio = root.optional_number("downsample_ratio", minimum=_LEAST_RATIO, maximum=1.0) or _DEFAULT_RATIO
    merged, hidden = hidden_size(tower) * int(1 / ratio) ** 2, hidden_size(text)
    return layer_norm(merged) + projection(merged, hidden, bias=True) + projection(hidden, hidden, bias=True)


INTERNVL_CHAT = Composite(
    model_types=("internvl_chat",),
    class_names=("InternVLChatModel",),
    language_model="llama",
    vision=(AttachedTower(tower="intern_vit_6b", projector=_projector),),
    text_field="llm_config",
    tying="root else text",
)
SKYWORK_CHAT = replace(INTERNVL_CHAT, model_types=("skywork_chat",), class_names=("SkyworkR1VChatModel",))
H2OVL_CHAT = replace(INTERNVL_CHAT, model_types=("h2ovl_chat",), class_names=("H2OVLChatModel",))

COMPOSITES = (INTERNVL_CHAT, SKYWORK_CHAT, H2OVL_CHAT)
