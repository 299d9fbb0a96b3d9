"""Whatever is written as an argument, the judgement ends with findings of one line each."""

from hypothesis import given
from hypothesis import strategies as st

from neuroscale.architecture.catalogue import load_catalogue
from tests.rules.objects import endpoint, judged

SIZES = st.one_of(
    st.integers(-3, 40).map(str),
    st.sampled_from(
        ["", "1e9", "0x10", "10000000000000000000000", "٣", "two", "$(N)", "1.5", "true", "-1", "null"]
    ),
    st.text(max_size=12),
)
OPTIONS = st.sampled_from(
    [
        "--tensor-parallel-size",
        "-tp",
        "--pipeline-parallel-size",
        "--prefill-context-parallel-size",
        "--data-parallel-size",
        "--data-parallel-size-local",
        "--data-parallel",
        "--enable-expert-parallel",
        "--max-model-len",
        "--gpu-memory-utilization",
        "--quantization",
        "--hf-overrides",
        "--hf-config-path",
        "--cpu-offload-gb",
        "--kv-cache-memory-bytes",
        "--config",
    ]
)
MODELS = st.one_of(st.sampled_from(load_catalogue().repositories()), st.text(max_size=20))
IMAGES = st.sampled_from(
    [
        "vllm/vllm-openai:v0.33.0",
        "vllm/vllm-openai:latest",
        "vllm/vllm-openai:v0.1",
        "kserve/huggingfaceserver:v0.20.0-gpu",
    ]
)
LABELS = st.sampled_from([{}, {"nvidia.com/gpu.product": "NVIDIA-L4"}, {"nvidia.com/gpu.memory": "0"}])


@given(
    model=MODELS,
    image=IMAGES,
    options=st.lists(st.tuples(OPTIONS, SIZES), max_size=6),
    accelerators=st.one_of(st.none(), st.integers(0, 16)),
    node_labels=LABELS,
)
def test_any_command_line_is_judged(
    model: str,
    image: str,
    options: list[tuple[str, str]],
    accelerators: int | None,
    node_labels: dict[str, str],
) -> None:
    arguments = [f"--model={model}", *(f"{option}={value}" for option, value in options)]
    for finding in judged(endpoint(arguments, image=image, accelerators=accelerators, node_labels=node_labels)):
        assert finding.message.splitlines() == [finding.message]
        assert finding.fix.splitlines() in ([], [finding.fix])
        assert len(finding.message) < 1024
