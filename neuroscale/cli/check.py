"""`neuroscale check`: the rules over manifests, with an exit code that can be trusted."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model_directory import read_model_directory
from neuroscale.architecture.profile_trust import read_public_keys
from neuroscale.cli.judging_options import profile_public_key_option, read_policy, refuse_unless_version
from neuroscale.cli.manifest_paths import (
    STANDARD_INPUT,
    ManifestText,
    read_manifest_paths,
    read_manifest_texts,
)
from neuroscale.cli.repairing import repair_texts, tell_repairs, unified_difference, write_repaired
from neuroscale.fixing.repair import Judgement
from neuroscale.manifests.object import ManifestObject
from neuroscale.reports.beside import Beside
from neuroscale.reports.formats import FINDING_FORMATS
from neuroscale.reports.summary import count_by_severity, summary_sentence
from neuroscale.rules.finding import Finding, Severity
from neuroscale.rules.judge import judge
from neuroscale.rules.policy import RulePolicy, Ruling, rule_on
from neuroscale.rules.severities import Surface
from neuroscale.rules.subject import ClusterFacts

EXIT_DENIED = 1


@click.command()
@click.argument("paths", nargs=-1, required=True)
@click.option(
    "--models",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of config.json files named <org>--<name>.json; they win over the catalogue.",
)
@click.option(
    "--context", multiple=True, help="File or folder of objects that are known but not judged. Repeatable."
)
@click.option("--kserve", help="Release of KServe in the cluster, e.g. 0.20.0 (default: the newest known).")
@profile_public_key_option
@click.option(
    "--policy",
    "--exceptions",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The platform's file of exceptions and severities (a RulePolicy, or its ConfigMap).",
)
@click.option(
    "--fix", is_flag=True, help="Make the repairs that are certain in the files, then judge what they are."
)
@click.option("--diff", is_flag=True, help="Show what --fix would change, and write nothing.")
@click.option("--output", type=click.Choice(sorted(FINDING_FORMATS)), default="text", show_default=True)
def check(
    paths: tuple[str, ...],
    models: Path | None,
    context: tuple[str, ...],
    kserve: str | None,
    profile_public_keys: tuple[Path, ...],
    policy: Path | None,
    fix: bool,
    diff: bool,
    output: str,
) -> int:
    """Judge the manifests in PATHS: files, folders, globs, or "-" for standard input.

    Files of other tools in a folder, with neither apiVersion nor kind in them, are left out with a note.

    With --fix, files are rewritten in place and standard input goes repaired to standard output, the report to
    standard error. With --diff the verdict is about the files as they are.

    Exits 0 when nothing is denied, 1 when something is, 2 when the manifests could not be judged.
    """
    if kserve is not None:
        refuse_unless_version(kserve)
    if diff and output != "text":
        raise click.UsageError("--diff writes a diff; leave --output out")
    decided = None if policy is None else read_policy(policy)
    keys = read_public_keys(profile_public_keys)
    catalogue = load_catalogue()
    if models is not None:
        catalogue = catalogue.with_configs(read_model_directory(models))
    facts = ClusterFacts(
        models=catalogue,
        context=read_manifest_paths(context),
        kserve_version=kserve,
        profile_keys=keys,
    )
    texts = read_manifest_texts(paths)
    today = datetime.now(UTC).date()

    def ruling_on(objects: Sequence[ManifestObject]) -> Ruling:
        return rule_on(judge(objects, facts), decided or RulePolicy(), Surface.CLI, today)

    objects: Sequence[ManifestObject] = [manifest for each in texts for manifest in each.objects]
    if diff:
        return _show_difference(texts, ruling_on(objects), lambda each: ruling_on(each).findings)
    report_to_error = False
    if fix:
        outcome = repair_texts(texts, lambda each: ruling_on(each).findings)
        report_to_error = texts[0].name == STANDARD_INPUT
        if report_to_error:
            click.echo(outcome.texts[STANDARD_INPUT], nl=False)
        else:
            write_repaired(texts, outcome.texts)
        tell_repairs(outcome, are_made=True)
        objects = outcome.objects
    ruling = ruling_on(objects)
    beside = Beside(
        exceptions=ruling.exceptions if decided is not None else None,
        texts={} if fix else {each.name: each.text for each in texts},
    )
    click.echo(FINDING_FORMATS[output](ruling.findings, beside), err=report_to_error)
    return _exit_code(ruling.findings)


def _show_difference(texts: Sequence[ManifestText], standing: Ruling, findings_of: Judgement) -> int:
    outcome = repair_texts(texts, findings_of)
    click.echo(unified_difference(texts, outcome.texts), nl=False)
    tell_repairs(outcome, are_made=False)
    now, then = (summary_sentence(count_by_severity(each)) for each in (standing.findings, outcome.findings))
    click.echo(f"{now}; after --fix: {then}", err=True)
    return _exit_code(standing.findings)


def _exit_code(findings: Sequence[Finding]) -> int:
    return EXIT_DENIED if any(finding.severity is Severity.DENY for finding in findings) else 0
