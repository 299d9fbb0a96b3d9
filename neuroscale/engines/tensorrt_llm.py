"""TensorRT-LLM: the argument vector of `trtllm-serve` and its YAML file to EngineSettings.

Expert parallelism divides the tensor parallel group: `tp = moe_tp x moe_ep x moe_cluster`. With attention data
parallelism every rank holds whole attention. Context parallelism adds ranks of its own.
Source: TensorRT-LLM 1.3.0rc3, `commands/serve.py`, `mapping.py` and `llmapi/llm_args.py`.
"""

from collections.abc import Iterator, Mapping, Sequence

from packaging.version import Version

from neuroscale.engines.arguments import ParsedArguments, parse_arguments
from neuroscale.engines.configuration_file import configuration_of
from neuroscale.engines.option_values import OptionReader, stray_problem
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.tensorrt_llm_options import tensorrt_llm_option_tables
from neuroscale.engines.words import Word

# The short spellings, which every release has; the long ones came later.
TENSOR_PARALLEL = "--tp_size"
PIPELINE_PARALLEL = "--pp_size"
CONTEXT_PARALLEL = "--cp_size"
EXPERT_PARALLEL = "--ep_size"
EXPERT_CLUSTERS = "--cluster_size"
BACKEND = "--backend"
# `--config` is its other name. What the file says wins over the command line.
# Source: 1.3.0rc3, `llmapi/llm_args.py`, `update_llm_args_with_extra_dict`.
CONFIGURATION_OPTION = "--extra_llm_api_options"

# Keys of the file that no option sets, kept under the name an option would have.
EXPERT_TENSOR_PARALLEL = "--moe_tensor_parallel_size"
ATTENTION_DATA_PARALLEL = "--enable_attention_dp"
CONTEXT_PARALLEL_CONFIGURATION = "--cp_config"

_FILE_ONLY = frozenset({EXPERT_TENSOR_PARALLEL, ATTENTION_DATA_PARALLEL, CONTEXT_PARALLEL_CONFIGURATION})
_SIZES = frozenset(
    {
        TENSOR_PARALLEL,
        PIPELINE_PARALLEL,
        CONTEXT_PARALLEL,
        EXPERT_PARALLEL,
        EXPERT_CLUSTERS,
        EXPERT_TENSOR_PARALLEL,
        "--max_seq_len",
        "--max_batch_size",
    }
)
_FREE_MEMORY = "--kv_cache_free_gpu_memory_fraction"


def read_tensorrt_llm_settings(
    words: Sequence[Word],
    version: Version | None,
    environment: Mapping[str, str],
    files: Mapping[str, str],
) -> EngineSettings:
    """Return the settings of a server started with `words`.

    Args:
        words: The arguments after `trtllm-serve`, or after `trtllm-serve serve`.
        version: The engine's version; None when unknown.
        environment: The container's literal environment.
        files: Texts of the files that are known to be in the container, by path.
    """
    parsed = parse_arguments(words, tensorrt_llm_option_tables(version))
    unresolved = list(parsed.unresolved)
    model = parsed.positionals[0] if parsed.positionals else None
    stray = [at for at, word in enumerate(parsed.positionals) if at and word.is_resolved]
    problems = [*parsed.problems, *(stray_problem(parsed, at) for at in stray)]
    path = parsed.options.get(CONFIGURATION_OPTION)
    if path is not None:
        configuration = configuration_of(files.get(path))
        if configuration is None:
            unresolved.append(CONFIGURATION_OPTION)
        else:
            unresolved.extend(_overrule(parsed, configuration))
    read = OptionReader(parsed, problems)
    size = read.size(TENSOR_PARALLEL)
    whole_attention = read.text(ATTENTION_DATA_PARALLEL) == "true"
    return EngineSettings(
        engine="tensorrt-llm",
        version=version,
        model=model.text if model is not None and model.is_resolved else None,
        tensor_parallel_size=size,
        pipeline_parallel_size=read.size(PIPELINE_PARALLEL),
        prefill_context_parallel_size=read.size(CONTEXT_PARALLEL),
        attention_data_parallel_size=size if whole_attention else 1,
        expert_parallel_size=read.size(EXPERT_PARALLEL),
        enable_expert_parallel=read.size(EXPERT_PARALLEL) > 1,
        maximum_model_length_tokens=read.integer("--max_seq_len"),
        maximum_sequences=read.integer("--max_batch_size"),
        options=dict(parsed.options),
        positions=dict(parsed.positions),
        problems=tuple(problems),
        unresolved=tuple(dict.fromkeys(unresolved)),
        environment=dict(environment),
    )


def _overrule(parsed: ParsedArguments, configuration: Mapping[str, object]) -> Iterator[str]:
    """Put the file's values over those of the command line, where the engine has an option of that name.

    Yields the options to which the file gives something else than a whole number where one belongs.
    """
    known = {
        spelling: option.name for table in parsed.tables.tables for spelling, option in table.by_spelling.items()
    }
    known |= {name: name for name in _FILE_ONLY}
    place = parsed.positions[CONFIGURATION_OPTION]
    for key, value in configuration.items():
        name = known.get(f"--{key}")
        if name is None or value is None:
            continue
        parsed.positions[name] = place
        if name in _SIZES and (isinstance(value, bool) or not isinstance(value, int)):
            parsed.options.pop(name, None)
            yield name
            continue
        parsed.options[name] = str(value).lower() if isinstance(value, bool) else str(value)
    memory = configuration.get("kv_cache_config")
    fraction = memory.get("free_gpu_memory_fraction") if isinstance(memory, dict) else None
    if isinstance(fraction, int | float):
        parsed.options[_FREE_MEMORY] = str(fraction)
        parsed.positions[_FREE_MEMORY] = place
