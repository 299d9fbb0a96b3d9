"""What layers of unusual attention keep for a sequence, as vLLM 0.33.0 keeps it; the formulas are restated here."""

from typing import Any

from neuroscale.architecture.model import AttentionGroup
from neuroscale.architecture.reader import read_architecture


def _groups(**config: Any) -> dict[str, AttentionGroup]:
    """Return the layer groups by kind, for configurations with one group of each kind."""
    attention = read_architecture(config).attention
    assert attention is not None
    groups: dict[str, AttentionGroup] = {group.kind: group for group in attention.groups}
    assert len(groups) == len(attention.groups)
    return groups


def test_pooled_indexer_keys_stand_for_several_tokens_and_leave_a_tail() -> None:
    groups = _groups(model_type="glm5_next", text_config={"num_hidden_layers": 8, "index_kpool": 16})
    latent = groups["latent"]
    assert (latent.layers, latent.kv_heads, latent.key_elements_per_token) == (2, 1, 512)
    assert latent.indexer_elements_per_token == 128 // 16
    # A ring of one pool with keys and gate scores: `Glm5NextTailCache`.
    assert latent.convolution_state_elements == 2 * 16 * 128
    # `MambaStateShapeCalculator.kda_state_shape`.
    linear = groups["linear"]
    assert linear.convolution_state_elements == 3 * 64 * 128 * (4 - 1)
    assert linear.recurrent_state_elements == 64 * 128 * 128


def test_layers_that_reuse_picks_have_no_indexer_cache() -> None:
    attention = read_architecture({"model_type": "hy_v4", "num_hidden_layers": 6}).attention
    assert attention is not None
    indexed = {group.indexer_elements_per_token: group.layers for group in attention.groups}
    # Without `indexer_types` the first layer and then every fourth picks tokens itself.
    assert indexed == {128: 3, 0: 3}


def test_convolutions_around_attention_keep_a_block_of_tokens_beside_the_cache() -> None:
    groups = _groups(model_type="inkling_text", num_hidden_layers=6)
    assert (groups["full"].layers, groups["sliding"].layers) == (1, 5)
    # Keys, values and the outputs of attention and feed-forward: `InklingConvState`.
    assert groups["full"].convolution_state_elements == 4 * (2 * 8 * 128 + 2 * 6144)
    assert groups["sliding"].convolution_state_elements == 4 * (2 * 16 * 128 + 2 * 6144)
    assert (groups["sliding"].kv_heads, groups["sliding"].window_tokens) == (16, 512)


def test_lightning_attention_keeps_a_square_per_head() -> None:
    linear = _groups(model_type="minimax", num_hidden_layers=2)["linear"]
    # `MambaStateShapeCalculator.linear_attention_state_shape`.
    assert (linear.recurrent_state_elements, linear.kv_heads) == (32 * 128 * 128, 0)


def test_query_heads_that_differ_between_layers_leave_the_cache_alike() -> None:
    groups = _groups(model_type="laguna", num_hidden_layers=3, num_attention_heads_per_layer=[8, 16, 48])
    assert [(group.layers, group.kv_heads) for group in groups.values()] == [(3, 8)]


def test_chunked_layers_keep_no_more_than_their_chunk() -> None:
    groups = _groups(model_type="llama4", text_config={"num_hidden_layers": 4, "attention_chunk_size": 8192})
    assert (groups["chunked"].layers, groups["chunked"].window_tokens) == (3, 8192)
    assert (groups["full"].layers, groups["full"].window_tokens) == (1, None)
