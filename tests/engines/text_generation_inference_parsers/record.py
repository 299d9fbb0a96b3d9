"""Records what the launchers of Text Generation Inference releases do with command lines, from their sources.

    git clone https://github.com/huggingface/text-generation-inference SOURCES
    python -m tests.engines.text_generation_inference_parsers.record SOURCES

The struct of arguments and its enumerations are taken out of `launcher/src/main.rs` of each release, compiled with
clap alone, and given every command line. Needs git and cargo. Writes
`fixtures/text_generation_inference_parser_facts.json`.
"""

import argparse
import json
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

_HERE = Path(__file__).parent
_OUTCOMES = _HERE.parent / "fixtures" / "text_generation_inference_parser_facts.json"
_COMMAND_LINES = _HERE.parent / "fixtures" / "text_generation_inference_command_lines.yaml"

# The releases at which options came, went or changed, and the last of each series.
RELEASES = (
    "1.0.0",
    "1.0.1",
    "1.1.0",
    "1.3.0",
    "1.4.1",
    "1.4.5",
    "2.0.0",
    "2.0.4",
    "2.1.0",
    "2.2.0",
    "2.3.0",
    "2.4.0",
    "2.4.1",
    "3.0.0",
    "3.2.2",
    "3.3.0",
    "3.3.7",
)
_MANIFEST = """[package]
name = "launchers"
version = "0.1.0"
edition = "2021"
[dependencies]
clap = { version = "=4.5.4", features = ["derive", "env"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
"""
_MAIN = """
fn main() {
    let input = std::io::read_to_string(std::io::stdin()).unwrap();
    let cases: Vec<(Vec<String>, Vec<(String, String)>)> = serde_json::from_str(&input).unwrap();
    let mut outcomes = Vec::new();
    for (arguments, environment) in cases {
        for (name, value) in &environment { std::env::set_var(name, value); }
        let words: Vec<String> = std::iter::once("launcher".to_string()).chain(arguments).collect();
        outcomes.push(match std::env::args().nth(1).unwrap().as_str() {
            CASES
            other => panic!("{other}"),
        });
        for (name, _) in &environment { std::env::remove_var(name); }
    }
    println!("{}", serde_json::to_string(&outcomes).unwrap());
}
"""
_MODULE = """
mod VERSION {
    #![allow(dead_code, unused_imports, deprecated)]
    use clap::{Parser, ValueEnum};
    use serde::Deserialize;
    BODY
    pub fn outcome(words: &[String]) -> serde_json::Value {
        match Args::try_parse_from(words) {
            Err(_) => serde_json::json!({"accepted": false}),
            Ok(read) => serde_json::json!({"accepted": true, "settings": {
                "model_id": read.model_id, "num_shard": read.num_shard, "sharded": read.sharded,
                "trust_remote_code": read.trust_remote_code, "revision": read.revision,
            }}),
        }
    }
}
"""
_ENUMERATION = re.compile(
    r"#\[derive\([^)]*ValueEnum[^)]*\)\]\n(?:#\[[^\n]*\n)*(?:pub )?enum \w+ \{.*?\n\}", re.DOTALL
)
_ARGUMENTS = re.compile(r"#\[derive\(Parser, Debug\)\]\n#\[clap[^\n]*\nstruct Args \{.*?\n\}", re.DOTALL)


def main(sources: Path) -> None:
    """Compile the parsers of every release, run them and write the outcomes."""
    modules = [_module(release, _source_of(sources, release)) for release in RELEASES]
    cases = "\n".join(f'"{release}" => {_name(release)}::outcome(&words),' for release in RELEASES)
    command_lines = yaml.safe_load(_COMMAND_LINES.read_text("utf-8"))
    given = json.dumps([[each.get("args", []), list(each.get("env", {}).items())] for each in command_lines])
    with tempfile.TemporaryDirectory() as folder:
        crate = Path(folder)
        (crate / "src").mkdir()
        (crate / "Cargo.toml").write_text(_MANIFEST, "utf-8")
        (crate / "src" / "main.rs").write_text("".join(modules) + _MAIN.replace("CASES", cases), "utf-8")
        # A debug build of clap stops at the short option that two options of 3.3.0 claim.
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=crate, check=True)
        read = {
            release: _outcomes(crate / "target" / "release" / "launchers", release, given) for release in RELEASES
        }
    lines = ",\n  ".join(
        json.dumps({"version": release, **case, **outcome})
        for release in RELEASES
        for case, outcome in zip(command_lines, read[release], strict=True)
    )
    _OUTCOMES.write_text(f"[\n  {lines}\n]\n", "utf-8")


def _source_of(sources: Path, release: str) -> str:
    shown = ["git", "-C", str(sources), "show", f"v{release}:launcher/src/main.rs"]
    return subprocess.run(shown, check=True, capture_output=True, text=True).stdout


def _module(release: str, source: str) -> str:
    arguments = _ARGUMENTS.search(source)
    if arguments is None:
        raise SystemExit(f"{release} has no struct of arguments that is known")
    body = "\n".join((*_ENUMERATION.findall(source), arguments.group()))
    return _MODULE.replace("VERSION", _name(release)).replace("BODY", body)


def _name(release: str) -> str:
    return "v" + release.replace(".", "_")


def _outcomes(program: Path, release: str, given: str) -> Sequence[dict[str, object]]:
    run = subprocess.run(
        [str(program), release], input=given, check=True, capture_output=True, text=True, env={"PATH": ""}
    )
    outcomes: list[dict[str, object]] = json.loads(run.stdout)
    return outcomes


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", type=Path, help="a clone of the repository with its tags")
    main(parser.parse_args().sources)
