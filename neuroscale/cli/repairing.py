"""`check --fix` and `check --diff`: certain repairs, shown or written into the files they came from."""

import codecs
import difflib
import io
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from neuroscale.cli.manifest_paths import STANDARD_INPUT, ManifestText
from neuroscale.errors import UnreadableInputError
from neuroscale.fixing.repair import Judgement, Repair, repair
from neuroscale.reports.text import object_title
from neuroscale.rules.finding import Finding


def repair_texts(texts: Sequence[ManifestText], judge: Judgement) -> Repair:
    """Make every certain repair, without writing anything.

    Raises:
        click.UsageError: Standard input is mixed with files: there is one standard output for its repaired text.
        NeuroScaleError: A text with something to repair is a template.
    """
    if len(texts) > 1 and any(each.name == STANDARD_INPUT for each in texts):
        raise click.UsageError("--fix and --diff take either files or standard input, not both")
    return repair({each.name: each.text for each in texts}, judge)


def unified_difference(texts: Sequence[ManifestText], repaired: Mapping[str, str]) -> str:
    """Return what a repair changes, as `patch` and `git apply -p0` read it; the empty text when it is nothing."""
    lines: list[str] = []
    for each in texts:
        # A line ends with a line feed alone: what else Unicode calls a line break is text to YAML and to `patch`.
        before, after = (list(io.StringIO(text, newline="\n")) for text in (each.text, repaired[each.name]))
        lines.extend(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in difflib.unified_diff(before, after, fromfile=each.name, tofile=each.name)
        )
    return "".join(lines)


def write_repaired(texts: Sequence[ManifestText], repaired: Mapping[str, str]) -> None:
    """Write the files whose text changed: all of them, or none when one cannot be written.

    Every file is written beside its place first and put there in one step, with its permissions and its byte order
    mark. A link stays a link.

    Raises:
        UnreadableInputError: A file cannot be written, or was changed since it was read.
    """
    prepared: list[tuple[Path, Path]] = []
    try:
        for each in texts:
            if repaired[each.name] != each.text:
                place = Path(os.path.realpath(each.name))
                prepared.append((_prepare(each, place, repaired[each.name]), place))
        for written, place in prepared:
            written.replace(place)
    except OSError as error:
        raise UnreadableInputError(
            f"cannot be written: {error.strerror or error}", field=str(error.filename2 or error.filename or "")
        ) from error
    finally:
        for written, _ in prepared:
            written.unlink(missing_ok=True)


def tell_repairs(outcome: Repair, *, are_made: bool) -> None:
    """Say on standard error what was repaired, or would be, and what was known but not done."""
    for finding in outcome.repaired:
        click.echo(f"{'repaired' if are_made else 'would repair'}: {_title(finding)}", err=True)
    for refused in outcome.refused:
        click.echo(f"not repaired: {_title(refused.finding)}: {refused.reason}", err=True)


def _prepare(each: ManifestText, place: Path, text: str) -> Path:
    if place.read_bytes() != each.content:
        raise UnreadableInputError("was changed while it was judged", field=each.name, fix="run the command again")
    mark = codecs.BOM_UTF8 if each.has_byte_order_mark else b""
    with tempfile.NamedTemporaryFile(dir=place.parent, prefix=f".{place.name}.", delete=False) as file:
        try:
            file.write(mark + text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
            shutil.copymode(place, file.name)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    return Path(file.name)


def _title(finding: Finding) -> str:
    source = finding.manifest.source
    position = source.position(finding.path) if source else None
    place = f"{source.file}:{position.line}: " if source and position else ""
    return f"{place}{finding.rule} {finding.name}, {object_title(finding.manifest)}"
