"""Build the catalogue's data file from a directory of published configurations.

Usage: python -m neuroscale.architecture.catalogue_builder DIRECTORY --provenance TEXT --output FILE

DIRECTORY holds `<org>--<name>_config.json` or `<org>--<name>.json` files; a `<org>--<name>_hf_quant_config.json`
beside one is the companion file in which ModelOpt checkpoints declare their quantisation, and joins the
configuration when that declares none, as it does in engines. Entries of FILE from elsewhere stay; an entry of the
same repository is replaced.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from neuroscale.architecture.catalogue import CatalogueEntry
from neuroscale.architecture.model_directory import join_quantization_file, read_config_file
from neuroscale.architecture.reader import read_architecture
from neuroscale.architecture.retained_fields import retained_fields
from neuroscale.architecture.strict_json import canonical
from neuroscale.errors import NeuroScaleError

_CONFIG_SUFFIX = "_config"
_COMPANION_SUFFIX = "_hf_quant_config"
_MAXIMUM_LINE_BYTES = 64 * 1024


def collect_entries(directory: Path, provenance: str) -> tuple[list[CatalogueEntry], list[str]]:
    """Read every configuration of a directory.

    Returns:
        The entries, and one sentence for each file that was left out.
    """
    entries: list[CatalogueEntry] = []
    left_out: list[str] = []
    for file in sorted(directory.glob("*.json")):
        if file.stem.endswith(_COMPANION_SUFFIX):
            continue
        name = file.stem.removesuffix(_CONFIG_SUFFIX)
        companion = file.with_name(f"{name}{_COMPANION_SUFFIX}.json")
        try:
            published = read_config_file(file)
            config = join_quantization_file(published, read_config_file(companion) if companion.exists() else None)
            read_architecture(config)
        except NeuroScaleError as problem:
            left_out.append(str(problem))
            continue
        source = f"{provenance}, joined with its hf_quant_config.json" if config is not published else provenance
        entry = CatalogueEntry(name.replace("--", "/", 1), None, source, retained_fields(config))
        if len(entry_line(entry)) > _MAXIMUM_LINE_BYTES:
            left_out.append(f"{file}: the configuration is larger than {_MAXIMUM_LINE_BYTES} bytes")
        else:
            entries.append(entry)
    return entries, left_out


def entry_line(entry: CatalogueEntry) -> str:
    """Return an entry as one line of JSON with the repository first, which the loader relies on."""
    head = {"repository": entry.repository, "revision": entry.revision, "provenance": entry.provenance}
    return f'{json.dumps(head, separators=(",", ":"))[:-1]},"config":{canonical(entry.config)}}}'


def merge_lines(existing: Sequence[str], entries: Sequence[CatalogueEntry]) -> list[str]:
    """Return the lines of a catalogue with entries added or replaced, sorted by repository."""
    lines: dict[str, str] = {}
    for line in existing:
        body: Mapping[str, str] = json.loads(line)
        lines[body["repository"].casefold()] = line
    lines.update({entry.repository.casefold(): entry_line(entry) for entry in entries})
    return [lines[key] for key in sorted(lines)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="catalogue_builder", description="Build the catalogue of public models.")
    parser.add_argument("directory", type=Path, help="directory of published configurations")
    parser.add_argument("--provenance", required=True, help="where the configurations came from, in words")
    parser.add_argument("--output", required=True, type=Path, help="catalogue file to write or extend")
    options = parser.parse_args(arguments)
    if not options.directory.is_dir():
        parser.error(f"{options.directory} is no directory")
    entries, left_out = collect_entries(options.directory, options.provenance)
    existing = options.output.read_text(encoding="utf-8").splitlines() if options.output.exists() else []
    lines = merge_lines(existing, entries)
    options.output.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    report = [
        f"{len(entries)} models read, {len(lines)} in the catalogue",
        *(f"left out: {text}" for text in left_out),
    ]
    sys.stdout.write("\n".join(report) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
