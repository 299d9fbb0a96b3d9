"""Finding the engine among the words a container is started with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from neuroscale.engines.image import Entrypoint, image_entrypoint
from neuroscale.engines.shell import shell_invocation, simple_commands
from neuroscale.engines.shell_reader import ShellSyntaxError
from neuroscale.engines.words import Word, container_words

_MODULES: Mapping[str, Entrypoint] = {
    "vllm.entrypoints.openai.api_server": "vllm-api-server",
    "vllm.entrypoints.cli.main": "vllm-serve",
    "huggingfaceserver": "huggingfaceserver",
    "sglang.launch_server": "sglang-launch-server",
}
_COMMANDS: Mapping[str, Entrypoint] = {"vllm": "vllm-serve", "sglang": "sglang-serve"}
_SCRIPTS: Mapping[str, Entrypoint] = {
    "vllm/entrypoints/openai/api_server.py": "vllm-api-server",
    "sglang/launch_server.py": "sglang-launch-server",
}
# Started by themselves, without a word of their own behind them.
_PROGRAMS: Mapping[str, Entrypoint] = {
    "trtllm-serve": "trtllm-serve",
    "text-generation-launcher": "text-generation-launcher",
}
# What `trtllm-serve` starts instead of an engine with options that are described here.
_OTHER_COMMANDS = frozenset({"disaggregated", "disaggregated_mpi_worker", "mm_embedding_serve"})
# Hands the command over to vLLM-Omni, another engine with options and ranks of its own.
_OMNI = "--omni"
# `sglang serve` starts the engine for images and video where the model is of that kind. Only the model's files tell
# that for sure, so options stand for it that no language model's server ever had.
# Source: SGLang wheels 0.5.6.post2 to 0.5.23, `cli/serve.py` and the two engines' parsers.
_MODEL_TYPE = "--model-type"
_LANGUAGE_MODEL_TYPES = frozenset({"auto", "llm"})
_DIFFUSION_OPTIONS = frozenset(
    {
        "--backend",
        "--cache-dit-config",
        "--cfg-parallel-size",
        "--dit-cpu-offload",
        "--dit-layerwise-offload",
        "--enable-cfg-parallel",
        "--image-encoder-cpu-offload",
        "--num-gpus",
        "--performance-mode",
        "--pipeline-class-name",
        "--ring-degree",
        "--sp-degree",
        "--text-encoder-cpu-offload",
        "--ulysses-degree",
        "--use-fsdp-inference",
        "--vae-cpu-offload",
        "--vae-path",
        "--webui",
        "--workload-type",
    }
)
# Programs that mention an engine's name without starting it.
_TALKERS = frozenset(
    {"echo", "printf", "grep", "pkill", "kill", "pgrep", "which", "pip", "pip3", "uv", "cat", "test", "["}
)


@dataclass(frozen=True, slots=True)
class Launch:
    """An engine and the words after its name.

    Attributes:
        entrypoint: How it is started.
        words: Its arguments.
    """

    entrypoint: Entrypoint
    words: tuple[Word, ...]


def find_launches(
    image: str | None, command: Sequence[str], arguments: Sequence[str], environment: Mapping[str, str]
) -> tuple[Launch, ...]:
    """Return every engine start in a container, in the order of the script; empty when there is none.

    Without a `command` the image's own entrypoint receives `arguments`; that is known for some images only.
    """
    words = container_words(command, arguments, environment)
    script = shell_invocation(words)
    if script is not None:
        try:
            commands = simple_commands(script, environment)
        except ShellSyntaxError:
            return ()
        return tuple(launch for words_of_one in commands for launch in _launches(words_of_one))
    found = tuple(_launches(words))
    if found or command:
        return found
    entrypoint = image_entrypoint(image)
    if entrypoint is None:
        return ()
    if entrypoint == "vllm-serve" and words and words[0].text == "serve":
        words = words[1:]
    return () if _is_handed_over(entrypoint, words) else (Launch(entrypoint, words),)


def _launches(words: Sequence[Word]) -> Iterator[Launch]:
    if not words or _program_name(words[0]) in _TALKERS:
        return
    program = _program(words)
    if program is not None:
        yield program
        return
    for index, word in enumerate(words[:-1]):
        following = words[index + 1].text
        command = _COMMANDS.get(_program_name(word)) if following == "serve" else None
        if command is not None:
            if not _is_handed_over(command, words[index + 2 :]):
                yield Launch(command, tuple(words[index + 2 :]))
            return
        script = next((_SCRIPTS[path] for path in _SCRIPTS if word.text.endswith(path)), None)
        if script is not None:
            yield Launch(script, tuple(words[index + 1 :]))
            return
        if word.text == "-m" and following in _MODULES:
            entrypoint = _MODULES[following]
            rest = tuple(words[index + 2 :])
            if following == "vllm.entrypoints.cli.main":
                if not rest or rest[0].text != "serve":
                    return
                rest = rest[1:]
            yield Launch(entrypoint, rest)
            return


def _is_handed_over(entrypoint: Entrypoint, words: Sequence[Word]) -> bool:
    """Whether a command that starts engines of several kinds starts one that serves no language model."""
    if entrypoint == "vllm-serve":
        return any(word.text == _OMNI for word in words)
    if entrypoint != "sglang-serve":
        return False
    for index, word in enumerate(words):
        name, _, value = word.text.partition("=")
        if name.replace("_", "-") in _DIFFUSION_OPTIONS:
            return True
        if name == _MODEL_TYPE:
            value = value or (words[index + 1].text if index + 1 < len(words) else "")
            if value and value not in _LANGUAGE_MODEL_TYPES:
                return True
    return False


def _program(words: Sequence[Word]) -> Launch | None:
    """Return the start of an engine that is a program of its own, wherever its name stands."""
    for index, word in enumerate(words):
        entrypoint = _PROGRAMS.get(_program_name(word))
        if entrypoint is None:
            continue
        rest = tuple(words[index + 1 :])
        if entrypoint == "trtllm-serve" and rest and rest[0].text == "serve":
            rest = rest[1:]
        elif entrypoint == "trtllm-serve" and rest and rest[0].text in _OTHER_COMMANDS:
            return None
        return Launch(entrypoint, rest)
    return None


def _program_name(word: Word) -> str:
    return word.text.rsplit("/", 1)[-1]
