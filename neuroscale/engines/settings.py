"""What a serving engine was told, whatever the spelling."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from packaging.version import Version

ProblemKind = Literal[
    "boolean-with-value",
    "missing-value",
    "missing-option",
    "invalid-value",
    "unknown-option",
    "ambiguous-option",
    "unreadable",
]

# Stands for variables that come from a ConfigMap or Secret as a whole.
ANY_VARIABLE = "..."


@dataclass(frozen=True, slots=True)
class ArgumentPosition:
    """Where an argument was written: the container field ("command", "args" or "env") and the index in it."""

    container_field: str
    index: int


@dataclass(frozen=True, slots=True)
class ArgumentProblem:
    """An argument the engine's own parser would refuse, or that we could not read.

    Attributes:
        kind: What is wrong.
        option: Canonical option name ("--enable-expert-parallel"), or the text as written when unknown.
        written: The argument as the user wrote it.
        message: One line for the user, with the engine's own error where it is known.
        position: Where it was written.
        is_certain: False where the version that runs may be one that was not read, and could take the argument.
    """

    kind: ProblemKind
    option: str
    written: str
    message: str
    position: ArgumentPosition
    is_certain: bool = True


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """The settings of one engine process; defaults are the engine's own.

    Attributes:
        engine: "vllm", "huggingfaceserver", "sglang", "tensorrt-llm" or "text-generation-inference".
        version: From the image tag; None when the tag does not say.
        model: Repository, path or URI the engine loads; None when it is not on the command line.
        served_model_names: Names the endpoint answers to.
        maximum_model_length_tokens: "auto" lets the engine fit it to memory; None takes the model's own.
        gpu_memory_utilization: None takes the default of the version.
        data_parallel_size: Data-parallel ranks of the deployment; whole replicas in SGLang.
        data_parallel_size_local: Ranks on this node; 0 for a front end alone, None for all of them.
        attention_data_parallel_size: Copies of the attention inside the tensor parallel group (SGLang).
        attention_context_parallel_size: Parts of the context inside the tensor parallel group (SGLang).
        expert_parallel_size: Groups of experts where the engine takes a number (SGLang, TensorRT-LLM); None where
            it takes a switch.
        expert_data_parallel_size: Copies of the experts inside the tensor parallel group (SGLang).
        nodes: Pods or machines that one replica is spread over, as the engine was told (SGLang).
        options: Every option that was given, by canonical name, last one wins; booleans as "true"/"false".
        positions: Where each canonical option was written.
        problems: What the engine's parser would refuse.
        unresolved: Canonical options whose value we cannot know (shell or Kubernetes variables, config files); the
            text of an expansion, such as "$EXTRA_ARGS", where it may stand for any options.
        ignored: What the process drops without a word, such as options huggingfaceserver does not know.
        environment: The literal environment variables of the container.
        hidden_environment: Variables whose values the manifest does not show; ANY_VARIABLE for any others.
        joins_ray: Whether the container speaks of Ray beside the engine: it starts or joins a cluster of it.
        joins_mpi: Whether the container starts the engine by MPI, whose ranks may be those of other pods.
    """

    engine: str
    version: Version | None = None
    model: str | None = None
    served_model_names: tuple[str, ...] = ()
    tensor_parallel_size: int = 1
    pipeline_parallel_size: int = 1
    prefill_context_parallel_size: int = 1
    decode_context_parallel_size: int = 1
    data_parallel_size: int = 1
    data_parallel_size_local: int | None = None
    attention_data_parallel_size: int = 1
    attention_context_parallel_size: int = 1
    expert_parallel_size: int | None = None
    expert_data_parallel_size: int = 1
    nodes: int = 1
    enable_expert_parallel: bool = False
    maximum_model_length_tokens: int | Literal["auto"] | None = None
    maximum_sequences: int | None = None
    gpu_memory_utilization: float | None = None
    quantization: str | None = None
    kv_cache_data_type: str | None = None
    data_type: str | None = None
    configuration_overrides: Mapping[str, object] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    positions: Mapping[str, ArgumentPosition] = field(default_factory=dict)
    problems: tuple[ArgumentProblem, ...] = ()
    unresolved: tuple[str, ...] = ()
    ignored: tuple[ArgumentProblem, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    hidden_environment: tuple[str, ...] = ()
    joins_ray: bool = False
    joins_mpi: bool = False

    def may_have_variable(self, name: str) -> bool:
        """Whether a variable may be set to something that the manifest does not show."""
        return name not in self.environment and not {name, ANY_VARIABLE}.isdisjoint(self.hidden_environment)

    def gives_any(self, options: Collection[str]) -> bool:
        """Whether one of these options is written at all, with a value that the manifest tells or without."""
        return any(option in self.options or option in self.unresolved for option in options)

    @property
    def world_size(self) -> int:
        """Accelerators that one whole deployment of the engine occupies: TP x PP x PCP x DP.

        Attention data parallelism, expert parallelism and decode context parallelism use those of TP.
        """
        return (
            self.tensor_parallel_size
            * self.pipeline_parallel_size
            * self.prefill_context_parallel_size
            * self.data_parallel_size
        )

    @property
    def attention_tensor_parallel_size(self) -> int:
        """How many ways attention heads are cut: what the copies of the attention leave of TP, rounded down."""
        copies = self.attention_data_parallel_size * self.attention_context_parallel_size
        return max(1, self.tensor_parallel_size // copies)

    @property
    def expert_tensor_parallel_size(self) -> int:
        """How many ways each expert's width is cut.

        TP x PCP x DP without expert parallelism and 1 with it where expert parallelism is a switch; what the groups
        and copies of experts leave of TP where it is a number, rounded down as the engine does.
        """
        if self.expert_parallel_size is not None:
            return max(1, self.tensor_parallel_size // self.expert_parallel_size // self.expert_data_parallel_size)
        if self.enable_expert_parallel:
            return 1
        return self.tensor_parallel_size * self.prefill_context_parallel_size * self.data_parallel_size
