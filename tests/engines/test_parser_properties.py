"""Properties of reading a command line: one meaning for every spelling, and no input that breaks it."""

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from neuroscale.engines.recognition import read_engine_settings
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.values import read_human_readable_integer
from neuroscale.engines.vllm_options import option_tables

_IMAGE = "vllm/vllm-openai:v0.33.0"
_SIZES = {
    "--tensor-parallel-size": ("-tp", "--tensor-parallel", "--tensor_parallel_size"),
    "--pipeline-parallel-size": ("-pp", "--pipeline-parallel", "--pipeline_parallel_size"),
    "--data-parallel-size": ("-dp", "--data_parallel_size"),
    "--max-num-seqs": ("--max_num_seqs", "--max-num-seq"),
}


@st.composite
def _spelled_twice(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """The same settings in canonical words and in words drawn from every spelling."""
    canonical: list[str] = []
    spelled: list[str] = []
    for name in draw(st.permutations(sorted(_SIZES))):
        value = str(draw(st.integers(1, 512)))
        canonical += [name, value]
        spelling = draw(st.sampled_from((name, *_SIZES[name])))
        spelled += [f"{spelling}={value}"] if draw(st.booleans()) else [spelling, value]
    if draw(st.booleans()):
        canonical.append("--enable-expert-parallel")
        spelled.append(draw(st.sampled_from(("-ep", "--enable_expert_parallel", "--enable-expert"))))
    return canonical, spelled


def _read(arguments: list[str], image: str = _IMAGE) -> EngineSettings:
    read = read_engine_settings(image, ["vllm", "serve"], ["M", *arguments], {})
    assert read is not None
    return read


def _meaning(read: EngineSettings) -> tuple[object, ...]:
    return read.model, read.options, read.problems, read.unresolved, read.world_size, read.enable_expert_parallel


@settings(deadline=None)
@given(_spelled_twice())
def test_every_spelling_of_the_same_settings_reads_the_same(both: tuple[list[str], list[str]]) -> None:
    canonical, spelled = both
    assert _meaning(_read(spelled)) == _meaning(_read(canonical))


@settings(deadline=None)
@given(_spelled_twice())
def test_a_shell_string_reads_as_the_words_it_holds(both: tuple[list[str], list[str]]) -> None:
    canonical, spelled = both
    script = "exec vllm serve M \\\n  " + " \\\n  ".join(spelled)
    in_shell = read_engine_settings(_IMAGE, ["/bin/sh", "-c"], [script], {})
    assert in_shell is not None
    assert _meaning(in_shell) == _meaning(_read(canonical))


@settings(deadline=None)
@given(_spelled_twice(), st.integers(1, 64))
def test_the_last_of_a_repeated_option_wins(both: tuple[list[str], list[str]], size: int) -> None:
    read = _read([*both[1], "--tensor_parallel_size", str(size)])
    assert read.tensor_parallel_size == size
    assert read.problems == ()


_OPTION_FRAGMENTS = [
    "-tp",
    "2",
    "--",
    "-",
    "--enable-expert-parallel",
    "=",
    "+",
    "--eplb-config.a",
    "-O",
    "--config",
]
_SHELL_FRAGMENTS = [
    "$",
    "$(",
    "${X}",
    "$@",
    '"',
    "'",
    "\\",
    "`",
    "<<",
    "EOF",
    "#",
    "&&",
    "{",
    "}",
    "\n",
    "sh",
    "-c",
    "eval",
]
_FRAGMENTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["vllm", "serve", *_OPTION_FRAGMENTS]),
    st.sampled_from(_SHELL_FRAGMENTS),
    st.sampled_from(sorted(option_tables(Version("0.33.0")).tables[0].by_spelling)),
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(_FRAGMENTS, max_size=8),
    st.sampled_from([_IMAGE, "vllm/vllm-openai:latest", "kserve/huggingfaceserver:v0.20.0"]),
)
def test_no_arguments_raise(arguments: list[str], image: str) -> None:
    read_engine_settings(image, [], arguments, {"X": "--tensor-parallel-size 2"})


@settings(max_examples=300, deadline=None)
@given(st.lists(_FRAGMENTS, max_size=12).map(" ".join))
def test_no_script_raises(script: str) -> None:
    read_engine_settings(None, ["sh", "-c"], [script, "sh", "-tp"], {"X": "$X ${X"})


@settings(deadline=None)
@given(st.integers(0, 10**6), st.sampled_from("kmgt"))
def test_a_lower_case_magnitude_is_decimal_and_an_upper_case_one_binary(number: int, magnitude: str) -> None:
    power = "kmgt".index(magnitude) + 1
    assert read_human_readable_integer(f"{number}{magnitude}") == number * 1000**power
    assert read_human_readable_integer(f"{number}{magnitude.upper()}") == number * 1024**power


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_number_or_none(text: str) -> None:
    value = read_human_readable_integer(text)
    assert value is None or isinstance(value, int)
