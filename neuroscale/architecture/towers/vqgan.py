"""Image tokenisers with a learned codebook: Chameleon's encoder, and the encoders and decoders of Janus and Emu3.

Both halves are levels of residual convolutions with attention at some levels and in the middle. Emu3 also works
over frames, and the norms of its decoder read the quantised image. Defined by ChameleonVQVAE, JanusVQVAE and
Emu3VQVAE of transformers.
"""

from collections.abc import Callable
from typing import NamedTuple

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_TOKENS, MAXIMUM_VOCABULARY, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.tower import Tower, attention_weights, layer_norm, width_of

_KERNEL_AREA = 9
_KERNEL_VOLUME = 27
_HALVING_VOLUME = 36
_FRAMES = 3
_DEFAULT_MULTIPLIERS = (1, 1, 2, 2, 4)
_EMU3_MULTIPLIERS = (1, 2, 2, 4)
_EMU3_ATTENDING_LEVELS = (3,)


class _Levels(NamedTuple):
    """Channels at the base, what each level multiplies them by, and residual blocks of each."""

    base: int
    multipliers: tuple[int, ...]
    blocks: int
    attending: frozenset[int]


class _Parts(NamedTuple):
    """Parameters of a norm and of attention with its norm, by their channels."""

    norm: Callable[[int], int]
    attention: Callable[[int], int]


def _convolution(inputs: int, outputs: int, area: int = _KERNEL_AREA) -> int:
    return projection(inputs * area, outputs, bias=True)


def _residual(inputs: int, outputs: int, norm: Callable[[int], int]) -> int:
    shortcut = 0 if inputs == outputs else _convolution(inputs, outputs, 1)
    return norm(inputs) + norm(outputs) + _convolution(inputs, outputs) + _convolution(outputs, outputs) + shortcut


def _level(inputs: int, outputs: int, blocks: int, attends: bool, parts: _Parts) -> int:
    return (
        _residual(inputs, outputs, parts.norm)
        + (blocks - 1) * _residual(outputs, outputs, parts.norm)
        + (blocks * parts.attention(outputs) if attends else 0)
    )


def _middle(channels: int, parts: _Parts, *, attends: bool = True) -> int:
    return 2 * _residual(channels, channels, parts.norm) + (parts.attention(channels) if attends else 0)


def _encoder(fields: Fields, levels: _Levels, parts: _Parts, *, middle_attends: bool = True) -> int:
    channels, total = levels.base, _convolution(width_of(fields, "in_channels"), levels.base)
    for index, multiplier in enumerate(levels.multipliers):
        outputs = levels.base * multiplier
        # The first block of a level reads what the level before it multiplied.
        total += _level(channels, outputs, levels.blocks, index in levels.attending, parts)
        total += 0 if index == len(levels.multipliers) - 1 else _convolution(outputs, outputs)
        channels = outputs
    total += _middle(channels, parts, attends=middle_attends) + layer_norm(channels)
    return total + _convolution(channels, _latent(fields))


def _decoder(fields: Fields, levels: _Levels, parts: _Parts) -> int:
    channels = levels.base * levels.multipliers[-1]
    total = _convolution(width_of(fields, "latent_channels"), channels) + _middle(channels, parts)
    for index, multiplier in reversed(list(enumerate(levels.multipliers))):
        outputs = levels.base * multiplier
        total += _level(channels, outputs, levels.blocks + 1, index in levels.attending, parts)
        total += 0 if index == 0 else _convolution(outputs, outputs)
        channels = outputs
    return total + parts.norm(channels) + _convolution(channels, width_of(fields, "out_channels"))


def _latent(fields: Fields) -> int:
    return width_of(fields, "latent_channels") * (2 if fields.flag("double_latent") else 1)


def _levels(fields: Fields, attending: Callable[[int], frozenset[int]], default: tuple[int, ...]) -> _Levels:
    stated = fields.integers("channel_multiplier", maximum=MAXIMUM_WIDTH, minimum=1)
    multipliers = stated or default
    return _Levels(
        base=width_of(fields, "base_channels"),
        multipliers=multipliers,
        blocks=fields.integer("num_res_blocks", maximum=MAXIMUM_LAYERS),
        attending=attending(len(multipliers)),
    )


def _plain_parts() -> _Parts:
    return _Parts(layer_norm, lambda channels: layer_norm(channels) + attention_weights(channels))


def _codebook(fields: Fields, name: str) -> int:
    return fields.integer(name, maximum=MAXIMUM_VOCABULARY) * width_of(fields, "embed_dim")


def _chameleon_parameters(fields: Fields) -> int:
    is_vanilla = fields.optional_text("attn_type") == "vanilla"
    resolutions = frozenset(fields.integers("attn_resolutions", maximum=MAXIMUM_TOKENS) or ())
    resolution = fields.integer("resolution", maximum=MAXIMUM_TOKENS)

    def attending(levels: int) -> frozenset[int]:
        return frozenset(index for index in range(levels) if is_vanilla and resolution // 2**index in resolutions)

    latent, embedding = width_of(fields, "latent_channels"), width_of(fields, "embed_dim")
    levels = _levels(fields, attending, _DEFAULT_MULTIPLIERS)
    return (
        _encoder(fields, levels, _plain_parts(), middle_attends=is_vanilla)
        + _codebook(fields, "num_embeddings")
        + _convolution(latent, embedding, 1)
        + _convolution(embedding, latent, 1)
    )


def _janus_parameters(fields: Fields) -> int:
    latent, embedding = width_of(fields, "latent_channels"), width_of(fields, "embed_dim")
    levels = _levels(fields, lambda count: frozenset({count - 1}), _DEFAULT_MULTIPLIERS)
    return (
        _encoder(fields, levels, _plain_parts())
        + _decoder(fields, levels, _plain_parts())
        + _codebook(fields, "num_embeddings")
        + _convolution(latent, embedding, 1)
        + _convolution(embedding, latent, 1)
    )


def _emu3_parameters(fields: Fields) -> int:
    width, latent, embedding = width_of(fields), width_of(fields, "latent_channels"), width_of(fields, "embed_dim")
    stated = fields.integers("attn_resolutions", maximum=MAXIMUM_LAYERS)
    attending = frozenset(_EMU3_ATTENDING_LEVELS if stated is None else stated)
    levels = _levels(fields, lambda _count: attending, _EMU3_MULTIPLIERS)
    plain = _Parts(layer_norm, lambda channels: layer_norm(channels) + attention_weights(width))

    def spatial_norm(channels: int) -> int:
        return layer_norm(channels) + 2 * _convolution(embedding, channels, 1)

    spatial = _Parts(spatial_norm, lambda channels: spatial_norm(channels) + attention_weights(width))
    halvings = fields.integer("temporal_downsample_factor", maximum=MAXIMUM_TOKENS).bit_length() - 1
    return (
        _encoder(fields, levels, plain)
        + _decoder(fields, levels, spatial)
        + halvings * _convolution(_latent(fields), _latent(fields), _HALVING_VOLUME)
        + halvings * _convolution(latent, latent, _KERNEL_VOLUME)
        + levels.blocks * (_frames_residual(_latent(fields)) + _frames_residual(latent))
        + _codebook(fields, "codebook_size")
        + _convolution(latent, embedding, _FRAMES)
        + _convolution(embedding, latent, _FRAMES)
    )


def _frames_residual(channels: int) -> int:
    return 2 * (layer_norm(channels) + _convolution(channels, channels, _KERNEL_VOLUME))


_COMMON = {"latent_channels": 256, "in_channels": 3, "base_channels": 128, "num_res_blocks": 2}
CHAMELEON_VQGAN = Tower(
    model_types=("chameleon_vqgan",),
    defaults={**_COMMON, "embed_dim": 256, "num_embeddings": 8192, "resolution": 512, "attn_type": "vanilla"},
    parameters=_chameleon_parameters,
)
JANUS_VQGAN = Tower(
    model_types=("janus_vqgan",),
    defaults={
        **_COMMON,
        "embed_dim": 8,
        "num_embeddings": 16384,
        "out_channels": 3,
        "projection_dim": 2048,
        "num_hidden_layers": 2,
        "image_token_embed_dim": 2048,
    },
    parameters=_janus_parameters,
)
EMU3_VQGAN = Tower(
    model_types=("emu3_vqgan",),
    defaults={
        **_COMMON,
        "codebook_size": 32768,
        "embed_dim": 4,
        "latent_channels": 4,
        "out_channels": 3,
        "temporal_downsample_factor": 4,
        "base_channels": 256,
        "hidden_size": 1024,
    },
    parameters=_emu3_parameters,
)

TOWERS = (CHAMELEON_VQGAN, JANUS_VQGAN, EMU3_VQGAN)
