"""`neuroscale cost`, from files and from running servers."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from tests.cli.conftest import Command
from tests.cost_sources.fake_servers import ASSISTANT, SEARCH, Asked, opencost, prometheus, vector
from tests.model_sources.servers import serving

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
USAGE = EXAMPLES / "two-teams" / "usage.yaml"
ALLOCATIONS = EXAMPLES / "two-teams" / "opencost-allocation.json"
PRICES = ("--prices", EXAMPLES / "prices.yaml")
COUNTED = {
    "vllm:prompt_tokens_total": vector({ASSISTANT: "5000000000", SEARCH: "1500000000"}),
    "vllm:generation_tokens_total": vector({ASSISTANT: "1000000000", SEARCH: "500000000"}),
}


@dataclass(slots=True)
class Cluster:
    """The addresses of a cluster's OpenCost and Prometheus, and what they were asked."""

    opencost: str
    prometheus: str
    opencost_asked: Asked = field(default_factory=Asked)
    prometheus_asked: Asked = field(default_factory=Asked)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Run both servers, for a user without tokens."""
    for variable in ("NEUROSCALE_OPENCOST_TOKEN", "NEUROSCALE_PROMETHEUS_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    found = Cluster("", "")
    with (
        serving(opencost(found.opencost_asked)) as first,
        serving(prometheus(found.prometheus_asked, COUNTED)) as second,
    ):
        found.opencost, found.prometheus = f"http://127.0.0.1:{first}", f"http://127.0.0.1:{second}"
        yield found


def amounts(output: str) -> dict[str, tuple[str | None, ...]]:
    """Return the three amounts of each group of a JSON answer."""
    return {
        group["name"]: tuple(group[view]["amount"] for view in ("allocation", "compute", "tokens"))
        for group in json.loads(output)["groups"]
    }


def test_the_two_teams_by_owner(neuroscale: Command) -> None:
    result = neuroscale("cost", USAGE, *PRICES, "--by", "owner", "--output", "json")

    assert (result.exit_code, result.stderr) == (0, "")
    assert amounts(result.stdout) == {
        "team-a": ("2880.00", "1520.15", "4320.00"),
        "team-b": ("2880.00", "4239.85", "1440.00"),
    }
    assert json.loads(result.stdout)["totals"] == {
        "acceleratorHours": 1440.0,
        "allocation": "5760.00",
        "compute": {"divided": "5760.00", "leftOut": "0"},
        "tokens": {"divided": "5760.00", "leftOut": "0"},
    }


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("model", {"google/gemma-4-26B-A4B", "Qwen/Qwen3-32B"}),
        ("cost-center", {"cc-1001", "cc-2002"}),
        ("endpoint", {"team-a/assistant", "team-b/search"}),
    ],
)
def test_the_same_bill_by_other_keys(neuroscale: Command, by: str, names: set[str]) -> None:
    result = neuroscale("cost", USAGE, *PRICES, "--by", by, "--output", "json")

    assert set(amounts(result.stdout)) == names


def test_opencost_and_prometheus_are_read_over_the_same_window(neuroscale: Command, cluster: Cluster) -> None:
    result = neuroscale(
        "cost", cluster.opencost, "--window", "lastmonth", "--prometheus", cluster.prometheus, *PRICES,
        "--by", "owner", "--output", "json",
    )  # fmt: skip

    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["window"] == "2026-10-01T00:00:00Z to 2026-10-31T00:00:00Z"
    # 720 x 4.00 + 5,832 x 0.03 + 46,260 x 0.004
    assert amounts(result.stdout)["team-a"] == ("3240.00", "1710.17", "4860.00")
    assert cluster.opencost_asked.parameters[0]["window"] == "lastmonth"
    assert cluster.opencost_asked.authorizations == [None]


def test_a_saved_answer_and_a_running_prometheus_go_together(neuroscale: Command, cluster: Cluster) -> None:
    result = neuroscale("cost", ALLOCATIONS, "--prometheus", cluster.prometheus, *PRICES, "--output", "json")

    assert amounts(result.stdout)["google/gemma-4-26B-A4B"] == ("3240.00", "1710.17", "4860.00")
    assert cluster.opencost_asked.parameters == []


def test_a_saved_answer_on_standard_input(neuroscale: Command) -> None:
    result = neuroscale("cost", "-", "--output", "json", stdin=ALLOCATIONS.read_text(encoding="utf-8"))

    assert amounts(result.stdout)["Qwen/Qwen3-32B"] == ("3188.49", "5538.03", None)
    assert json.loads(result.stdout)["currency"] is None


def test_standard_input_that_is_no_text_is_told(neuroscale: Command) -> None:
    result = neuroscale("cost", "-", stdin=b"\xff\xfe")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: standard input: is not UTF-8 text: invalid start byte\n"


def test_tokens_of_callers_come_from_files_or_the_environment(
    neuroscale: Command, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("of-a-file\n", encoding="utf-8")
    monkeypatch.setenv("NEUROSCALE_PROMETHEUS_TOKEN", "of-the-environment")

    result = neuroscale(
        "cost", cluster.opencost, "--opencost-token-file", tmp_path / "token", "--prometheus", cluster.prometheus
    )

    assert set(cluster.opencost_asked.authorizations) == {"Bearer of-a-file"}
    assert set(cluster.prometheus_asked.authorizations) == {"Bearer of-the-environment"}
    assert "of-a-file" not in result.stdout + result.stderr


def test_a_person_may_state_what_the_cluster_does_not_tell(neuroscale: Command, tmp_path: Path) -> None:
    bare = json.loads(ALLOCATIONS.read_text(encoding="utf-8"))
    for allocation in bare["data"][0].values():
        allocation["properties"] = {
            name: value for name, value in allocation["properties"].items() if name not in {"labels", "annotations"}
        }
    (tmp_path / "bare.json").write_text(json.dumps(bare), encoding="utf-8")

    unknown = neuroscale("cost", tmp_path / "bare.json", *PRICES)
    stated = neuroscale(
        "cost", tmp_path / "bare.json", *PRICES, "--output", "json", "--accelerator", "h100-80gb-sxm",
        "--model", "team-a/assistant-predictor=google/gemma-4-26B-A4B",
        "--model", "team-b/search-predictor=Qwen/Qwen3-32B",
    )  # fmt: skip

    assert "Not billed: team-a/assistant-predictor with 720.0 accelerator-hours: the kind of its" in unknown.stdout
    assert "(model not known)" in unknown.stdout
    assert amounts(stated.stdout)["google/gemma-4-26B-A4B"][0] == "3240.00"


def test_a_models_directory_knows_what_the_catalogue_does_not(neuroscale: Command, tmp_path: Path) -> None:
    config = {
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 128, "vocab_size": 1000,
    }  # fmt: skip
    (tmp_path / "acme--tiny.json").write_text(json.dumps(config), encoding="utf-8")
    usage = {"endpoints": [{"name": "tiny", "model": "acme/tiny", "accelerator": "l4", "acceleratorHours": 1}]}

    result = neuroscale("cost", "-", *PRICES, "--models", tmp_path, "--output", "json", stdin=json.dumps(usage))

    assert amounts(result.stdout)["acme/tiny"] == ("0.80", "0.80", None)


def test_prices_of_a_region_and_a_commitment(neuroscale: Command) -> None:
    result = neuroscale("cost", USAGE, *PRICES, "--commitment", "spot", "--by", "owner", "--output", "json")
    regional = neuroscale("cost", USAGE, *PRICES, "--region", "eu-central", "--by", "owner", "--output", "json")

    assert amounts(result.stdout)["team-a"][0] == "1152.00"
    assert amounts(regional.stdout)["team-a"][0] == "3168.00"


def test_the_markdown_holds_the_figures_and_one_line_for_each(neuroscale: Command) -> None:
    output = neuroscale("cost", USAGE, *PRICES, "--by", "owner", "--output", "markdown").stdout

    assert "| team-a | 720.0 | 2880.00 | 1520.15 | 4320.00 | 0.4800 |" in output
    assert "- **team-a**: holds 51.6 GB because all 128 experts must be resident, but computes with 3.8" in output


def test_names_of_a_cluster_cannot_write_markdown_or_steer_the_terminal(
    neuroscale: Command, tmp_path: Path
) -> None:
    hostile = json.loads(ALLOCATIONS.read_text(encoding="utf-8"))
    for allocation in hostile["data"][0].values():
        allocation["properties"].setdefault("labels", {})["owner"] = "\x1b[31m|<img>"
    (tmp_path / "hostile.json").write_text(json.dumps(hostile), encoding="utf-8")

    markdown = neuroscale("cost", tmp_path / "hostile.json", "--by", "owner", "--output", "markdown").stdout
    text = neuroscale("cost", tmp_path / "hostile.json", "--by", "owner").stdout

    assert "\x1b" not in markdown + text
    assert "<img>" not in markdown.replace("\\<", "").replace("\\>", "")


def test_the_picture_draws_one_bill_in_three_ways(neuroscale: Command) -> None:
    drawn = ET.fromstring(neuroscale("cost", USAGE, *PRICES, "--by", "owner", "--output", "svg").stdout)

    texts = {element.text for element in drawn.iter() if element.text}
    assert {"team-a: 2880.00 USD", "team-a: 1520.15 USD", "team-a: 4320.00 USD"} <= texts


def test_the_picture_draws_pale_what_a_view_cannot_weigh(neuroscale: Command) -> None:
    drawn = ET.fromstring(neuroscale("cost", ALLOCATIONS, *PRICES, "--output", "svg").stdout)

    assert "cannot be weighed: 6480.00 USD" in {element.text for element in drawn.iter()}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.json"], "absent.json: No such file or directory"),
        ([USAGE, "--window", "7d"], "--window: a file has the window that it was saved with"),
        ([USAGE, "--region", "eu-central"], "--region: says nothing without prices"),
        ([USAGE, "--commitment", "spot"], "--commitment: says nothing without prices"),
        ([USAGE, *PRICES, "--currency", "EUR"], "--currency: the price book states the currency"),
        ([USAGE, "--prometheus", "http://127.0.0.1:1"], "names no pods"),
        ([USAGE, "--prometheus", "prometheus:9090"], "--prometheus: not a base address"),
        ([USAGE, "--prometheus", "http://a", "--pod-labels", "pod"], "--pod-labels: 'pod' are not two labels"),
        (["http://127.0.0.1:1"], "OpenCost at http://127.0.0.1:1: cannot be reached"),
        (["http://127.0.0.1:1", "--window", "soon"], "window: 'soon' is not a window"),
        (["http://user:word@opencost"], "USAGE: not a base address"),
        ([USAGE, "--model", "assistant=a/b"], "--model: 'assistant=a/b' does not name an endpoint"),
        ([USAGE, "--accelerator", "abacus"], "unknown accelerator 'abacus'"),
        ([USAGE, "--accelerator", "l4", "--accelerator", "t4"], "cannot both be the kind of all"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(neuroscale: Command, arguments: list[str | Path], message: str) -> None:
    result = neuroscale("cost", *arguments)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no usage"),
        ("[]", "is no usage"),
        ("a: b: c", "not YAML"),
        ("{}", "standard input: 'endpoints' is a required property"),
        ('{"data": []}', "standard input: no endpoint held an accelerator in this window"),
        ('{"endpoints": [{"name": "a", "acceleratorHours": 0}]}', "no endpoint held an accelerator"),
        ('{"endpoints": [{"name": "a"}]}', "endpoints[0]: 'acceleratorHours' is a required property"),
        ('{"endpoints": [{"name": "a", "acceleratorHours": -1}]}', "-1 is less than the minimum of 0"),
        ('{"endpoints": [{"name": "a", "acceleratorHours": 1, "gpu": 2}]}', "'gpu' was unexpected"),
        (
            '{"endpoints": [{"name": "a", "acceleratorHours": 1, "accelerator": "h100"}]}',
            "did you mean h100-80gb-sxm",
        ),
        (
            '{"endpoints": [{"name": "a", "acceleratorHours": 1, "promptTokens": 2}]}',
            "generatedTokens: is required",
        ),
        (
            '{"endpoints": [{"name": "a", "acceleratorHours": 1, "cachedPromptTokens": 2}]}',
            "says nothing without the tokens",
        ),
        (
            (
                '{"endpoints": [{"name": "a", "acceleratorHours": 1, '
                '"promptTokens": 2, "generatedTokens": 1, "cachedPromptTokens": 3}]}'
            ),
            "3 are more than all 2 prompt tokens",
        ),
        (
            '{"endpoints": [{"name": "a", "acceleratorHours": 1}, {"name": "a", "acceleratorHours": 2}]}',
            "endpoints[1]: a is there twice",
        ),
    ],
)
def test_usage_that_cannot_be_is_told_with_its_field(neuroscale: Command, text: str, message: str) -> None:
    result = neuroscale("cost", "-", stdin=text)

    assert result.exit_code == 2
    assert message in result.stderr


def test_a_refusing_opencost_is_no_bill(neuroscale: Command) -> None:
    with serving(opencost(Asked(), lambda: web.Response(status=401))) as port:
        result = neuroscale("cost", f"http://127.0.0.1:{port}")

    assert result.exit_code == 2
    assert "answers 401 (give it a bearer token)" in result.stderr
