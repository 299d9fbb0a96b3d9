"""The nouns of a model's architecture. Counts are in parameters, widths in elements, lengths in tokens."""

from dataclasses import dataclass
from typing import Literal

AttentionKind = Literal["full", "sliding", "chunked", "latent", "linear", "state-space", "none"]


@dataclass(frozen=True, slots=True)
class ParameterCounts:
    """Exact parameters by component; a weight that is used twice (tied) is counted once, where it is stored."""

    input_embedding: int
    attention: int
    dense_feed_forward: int
    router: int
    routed_experts: int
    shared_experts: int
    normalisation: int
    output_head: int
    vision_tower: int = 0
    audio_tower: int = 0
    other: int = 0

    @property
    def language_model(self) -> int:
        """Everything but the vision and audio towers and their projectors."""
        return self.total - self.vision_tower - self.audio_tower

    @property
    def total(self) -> int:
        """All unique parameters of the model."""
        return (
            self.input_embedding
            + self.attention
            + self.dense_feed_forward
            + self.router
            + self.routed_experts
            + self.shared_experts
            + self.normalisation
            + self.output_head
            + self.vision_tower
            + self.audio_tower
            + self.other
        )


@dataclass(frozen=True, slots=True)
class MixtureOfExperts:
    """The routed and shared experts of a Mixture-of-Experts model.

    Where layers differ, each figure is the largest of any layer; the exact sums are those of the parameters.

    Attributes:
        routed_experts: Experts with weights among which the router chooses, per MoE layer.
        experts_per_token: Experts that the router chooses for one token.
        expert_intermediate_size: Width of one routed expert's feed-forward.
        moe_layers: Number of layers that hold routed experts.
        shared_intermediate_size: Summed width of the always-active shared experts; 0 when there are none.
        expert_hidden_size: Width that a routed expert reads and writes: the hidden size, or less for experts that
            work in a latent width; None when it is not known.
        matrices_per_expert: Projections of one routed expert: 3 with a gate, 2 without; None when not known.
        zero_experts: Further choices of the router that have no weights and pass their input on.
    """

    routed_experts: int
    experts_per_token: int
    expert_intermediate_size: int
    moe_layers: int
    shared_intermediate_size: int = 0
    expert_hidden_size: int | None = None
    matrices_per_expert: int | None = None
    zero_experts: int = 0


@dataclass(frozen=True, slots=True)
class MultiTokenPrediction:
    """Further layers of a checkpoint that draft tokens; engines load them for speculative decoding only.

    Attributes:
        layers: How many there are.
        parameters: What they add to the checkpoint beyond `ParameterCounts.total`; None when it is not known.
    """

    layers: int
    parameters: int | None = None


LinearComponent = Literal["attention", "dense_feed_forward", "routed_experts", "shared_experts"]


@dataclass(frozen=True, slots=True)
class LinearModules:
    """Linear modules of one name in the layers that have them: what checkpoints quantise, or exclude by name.

    Attributes:
        component: The component that counts their parameters.
        name: Name below the layer, such as "self_attn.q_proj"; "mlp.experts.0.up_proj" stands for all experts.
        parameters: Weights of one layer's modules of the name, biases left out.
        layers: Indices of the layers.
    """

    component: LinearComponent
    name: str
    parameters: int
    layers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AttentionGroup:
    """Layers that share one attention shape.

    Attributes:
        kind: What the layers keep per sequence.
        layers: How many layers are of this shape.
        kv_heads: Key/value heads; 1 for latent attention, 0 where no per-token cache exists.
        key_elements_per_token: Cached key elements per token, layer and KV head (latent: the whole latent row).
        value_elements_per_token: Cached value elements per token, layer and KV head (latent: 0).
        window_tokens: Sliding window or chunk; None when the whole sequence is kept or it is not stated. Compressed
            attention keeps the newest tokens of its window uncompressed beside its entries.
        tokens_per_entry: Tokens that one cached entry stands for; more than 1 in compressed attention.
        indexer_elements_per_token: Cached key elements per entry and layer of a sparse-attention indexer.
        convolution_state_elements: Constant elements per sequence and layer of a short convolution.
        recurrent_state_elements: Constant elements per sequence and layer of a linear or state-space mixer.
        state_heads: Heads of the recurrent state; 0 where it has none.
        state_groups: Groups of those heads with input and output matrices of their own (Mamba-2); 0 elsewhere.
    """

    kind: AttentionKind
    layers: int
    kv_heads: int
    key_elements_per_token: int
    value_elements_per_token: int
    window_tokens: int | None = None
    tokens_per_entry: int = 1
    indexer_elements_per_token: int = 0
    convolution_state_elements: int = 0
    recurrent_state_elements: int = 0
    state_heads: int = 0
    state_groups: int = 0


@dataclass(frozen=True, slots=True)
class Attention:
    """Attention of the language model.

    Attributes:
        heads: Query heads as the configuration states them for the model; 0 when no layer attends.
        kv_heads: Key/value heads of the first layer with a cache.
        head_dimension: Width of a query head of that layer.
        groups: The layers by shape of their cache.
        is_latent: Whether some layers cache one latent row per token.
        other_heads: Query heads of layers that have another number than `heads`, in ascending order.
    """

    heads: int
    kv_heads: int
    head_dimension: int
    groups: tuple[AttentionGroup, ...]
    is_latent: bool = False
    other_heads: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class VisionTower:
    """What an engine has to cut where it divides a vision tower over tensor parallel ranks.

    Attributes:
        heads: Attention heads of the tower.
        intermediate_size: Width of its feed-forward; None where the configuration does not state it as such.
    """

    heads: int
    intermediate_size: int | None = None


@dataclass(frozen=True, slots=True)
class Quantization:
    """The quantisation that the checkpoint declares.

    Attributes:
        method: The `quant_method` of config.json, lower case.
        weight_bits: Stored bits per quantised weight, scales included where the format fixes them; None if unknown.
        weight_block_size: Rows and columns that share one scale, for block formats.
        group_size: Weights that share one scale along the input, for group formats.
        activation_scheme: "dynamic" or "static" where declared.
        excluded_modules: Module names or patterns that keep their original precision.
        kv_cache_type: Stored type of the KV cache that the checkpoint was calibrated for, e.g. "fp8".
        groups: The formats of a checkpoint that mixes several, each with the modules it is for.
        targets: The module names or patterns that a checkpoint of one format is quantised in; empty when it names
            none, or all linear modules.
    """

    method: str
    weight_bits: float | None
    weight_block_size: tuple[int, int] | None = None
    group_size: int | None = None
    activation_scheme: str | None = None
    excluded_modules: tuple[str, ...] = ()
    kv_cache_type: str | None = None
    groups: tuple["QuantizedModules", ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuantizedModules:
    """Modules of one stored format in a checkpoint that mixes several.

    Attributes:
        targets: Module names or patterns, or the name of a class such as "Linear", which means all of them.
        weight_bits: Stored bits per weight, scales included; None if unknown.
    """

    targets: tuple[str, ...]
    weight_bits: float | None


@dataclass(frozen=True, slots=True)
class ContextLength:
    """How many tokens the model was made for.

    Attributes:
        original_tokens: Positions the configuration states (`max_position_embeddings`), multiplied by no factor.
        rope_type: Rope scaling type, lower case; None when there is no scaling.
        rope_factor: Factor of the scaling; 1.0 when there is none.
        rope_original_tokens: Positions before the scaling as the scaling itself states them; engines start from
            this figure for "yarn" and "longrope". None when it is not stated.
        stated_in: The field of the configuration that states the positions, as its dotted path; None when they are
            the default of the model's class.
    """

    original_tokens: int
    rope_type: str | None = None
    rope_factor: float = 1.0
    rope_original_tokens: int | None = None
    stated_in: str | None = None


@dataclass(frozen=True, slots=True)
class ModelArchitecture:
    """What a config.json says about a model. A field is None when it could not be read; `unread` says why.

    Attributes:
        model_type: The `model_type` of the configuration, or that which engines give to files of its class that
            state none; "" when there is neither.
        class_names: The `architectures` of the configuration: the classes an engine looks up.
        is_mixture_of_experts: None when the configuration does not allow a certain answer.
        layers: Hidden layers of the language model.
        hidden_size: Width of the residual stream.
        vocabulary_size: Rows of the token embedding.
        dense_intermediate_size: Width of the feed-forward of dense layers, or of the dense path beside the experts.
        attention: Heads and layer groups.
        experts: The experts of a MoE model; None for a dense one, and for one whose experts could not be read.
        parameters: Exact counts; None when the family is not known well enough to count.
        tied_embeddings: Whether the output head reuses the input embedding.
        context: The maximum context.
        quantization: What the checkpoint declares, None for an unquantised one.
        data_type: Stored type of unquantised weights, e.g. "bfloat16".
        unread: What could not be read and why, one sentence each; empty when the answer is complete.
        active_routed_experts: Parameters of routed experts that compute one token, on average over tokens; None
            with `parameters`.
        multi_token_prediction: Draft layers of the checkpoint, which no count includes; None when there are none.
        linear_modules: The linear modules of the layers as far as the family names them.
        vision: Heads and width of the vision tower, for the model types whose engines cut it; None elsewhere.
    """

    model_type: str
    class_names: tuple[str, ...]
    is_mixture_of_experts: bool | None
    layers: int | None
    hidden_size: int | None
    vocabulary_size: int | None
    dense_intermediate_size: int | None
    attention: Attention | None
    experts: MixtureOfExperts | None
    parameters: ParameterCounts | None
    tied_embeddings: bool | None
    context: ContextLength | None
    quantization: Quantization | None
    data_type: str | None
    unread: tuple[str, ...] = ()
    active_routed_experts: int | None = None
    multi_token_prediction: MultiTokenPrediction | None = None
    linear_modules: tuple[LinearModules, ...] = ()
    vision: VisionTower | None = None

    @property
    def active_parameters(self) -> int | None:
        """Parameters that compute one token, embeddings and head counted; None when they cannot be counted.

        language model - routed experts + the routed experts of one token: in a layer with E experts of one size of
        which k compute a token, k/E of its routed parameters.
        """
        if self.parameters is None or self.active_routed_experts is None:
            return None
        return self.parameters.language_model - self.parameters.routed_experts + self.active_routed_experts

    @property
    def active_parameters_without_input_embedding(self) -> int | None:
        """Active parameters less the input embedding: what compute per token follows for untied models."""
        active = self.active_parameters
        if active is None or self.parameters is None:
            return None
        return active - self.parameters.input_embedding

    @property
    def active_parameters_without_embeddings_and_head(self) -> int | None:
        """Active parameters less input embedding and output head."""
        active = self.active_parameters_without_input_embedding
        if active is None or self.parameters is None:
            return None
        return active - self.parameters.output_head
