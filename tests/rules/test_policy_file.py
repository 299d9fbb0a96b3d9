"""The platform's policy file: every mistake in it is named with its field and what to write instead."""

from datetime import date

import pytest

from neuroscale.errors import NeuroScaleError
from neuroscale.rules.exceptions import RuleException
from neuroscale.rules.finding import Severity
from neuroscale.rules.policy import RulePolicy
from neuroscale.rules.policy_file import read_rule_policy
from neuroscale.rules.severities import Surface

HEAD = "apiVersion: neuroscale.dev/v1alpha1\nkind: RulePolicy\n"
ENTRY = "rule: NS106, namespace: search, reason: why, owner: who, expires: 2027-06-30"


def changed(old: str, new: str) -> str:
    """Return the exceptions with a part of the entry written otherwise."""
    return f"exceptions: [{{{ENTRY.replace(old, new)}}}]\n"


def test_a_policy_says_severities_and_exceptions() -> None:
    policy = read_rule_policy(
        HEAD
        + "severities:\n  NS402: {cli: warn, webhook: off}\n  NS501: info\n"
        + "exceptions:\n- {rule: NS106, kind: InferenceService, namespace: search, name: 'chat-*', "
        + "reason: spare for a sidecar, owner: search-platform, expires: 2027-06-30}\n",
        "policy.yaml",
    )
    assert policy == RulePolicy(
        severities={
            ("NS402", Surface.CLI): Severity.WARN,
            ("NS402", Surface.WEBHOOK): "off",
            **{("NS501", surface): Severity.INFO for surface in Surface},
        },
        exceptions=(
            RuleException(
                rule="NS106",
                kind="InferenceService",
                namespace="search",
                name="chat-*",
                reason="spare for a sidecar",
                owner="search-platform",
                expires=date(2027, 6, 30),
            ),
        ),
    )


def test_the_config_map_that_services_mount_reads_the_same() -> None:
    inner = HEAD + f"exceptions: [{{{ENTRY}}}]\n"
    indented = "".join(f"    {line}\n" for line in inner.splitlines())
    config_map = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: p}}\ndata:\n  rule-policy.yaml: |\n{indented}"
    assert read_rule_policy(config_map, "p.yaml") == read_rule_policy(inner, "p.yaml")


@pytest.mark.parametrize("text", [HEAD, HEAD + "severities:\nexceptions:\n", HEAD + "exceptions: []\n"])
def test_an_empty_policy_decides_nothing(text: str) -> None:
    assert read_rule_policy(text, "p.yaml") == RulePolicy()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "p.yaml: a policy is one YAML document, these are 0"),
        (HEAD + "---\na: 1\n", "these are 2"),
        ("- 1\n", "p.yaml: must be a mapping, not a list"),
        ("exceptions: []\n", "p.yaml: is not a RulePolicy (begin it with"),
        (
            "apiVersion: neuroscale.dev/v1\nkind: RulePolicy\n",
            "p.yaml: apiVersion: must be neuroscale.dev/v1alpha1",
        ),
        ("apiVersion: neuroscale.dev/v1alpha1\nkind: Policy\n", "p.yaml: kind: must be RulePolicy"),
        ("kind: ConfigMap\ndata: {other: text}\n", "p.yaml: the ConfigMap holds no policy"),
        (HEAD + "exception: []\n", "p.yaml: exception: unknown field (did you mean exceptions?)"),
        (HEAD + "exceptions: {}\n", "p.yaml: exceptions: must be a list, not a mapping"),
        (HEAD + "severities: []\n", "p.yaml: severities: must be a mapping, not a list"),
        (
            HEAD + "severities: {NS16: warn}\n",
            "p.yaml: severities.NS16: 'NS16' is not a rule's id (did you mean NS1",
        ),
        (HEAD + "severities: {autoscaler-on-utilisation: warn}\n", "(did you mean NS402?)"),
        (HEAD + "severities: {NS106: never}\n", 'severities.NS106: "never" is no severity (write off, info'),
        (HEAD + "severities: {NS106: true}\n", "severities.NS106: true is no severity"),
        (HEAD + "severities: {NS106: {cli: never}}\n", 'severities.NS106.cli: "never" is no severity'),
        (HEAD + "severities: {NS106: {webhok: warn}}\n", "NS106.webhok: unknown field (did you mean webhook?)"),
        (HEAD + "severities: {NS106: {}}\n", "severities.NS106: names no surface"),
        (HEAD + "severities: {NS001: deny}\n", "severities.NS001: NS001 cannot deny"),
        (
            HEAD + changed("NS106", "NS999"),
            "exceptions[0].rule: 'NS999' is not a rule",
        ),
        (HEAD + changed("NS106", "106"), "exceptions[0].rule: must be a string"),
        (HEAD + changed(", reason: why", ""), "exceptions[0].reason: is required"),
        (HEAD + changed("why", '" "'), "exceptions[0].reason: must not be blank"),
        (
            HEAD + changed("owner", "ownr"),
            "ownr: unknown field (did you mean owner?)",
        ),
        (HEAD + changed("2027-06-30", "never"), "exceptions[0].expires"),
        (HEAD + changed("06-30", "02-30"), "is no day of the calendar"),
        (
            HEAD + changed("namespace: search, ", ""),
            "neither a namespace nor a name",
        ),
        (HEAD + changed(": search", ": '*'"), "exceptions[0].namespace"),
        (HEAD + f"exceptions: [{{{ENTRY}, kind: inference service}}]\n", "exceptions[0].kind"),
        (HEAD + "exceptions: [a]\n", 'exceptions[0]: must be a mapping, not "a"'),
        (HEAD + "exceptions: [\n", "p.yaml:4:1: not YAML"),
        (HEAD + "kind: RulePolicy\n", 'key "kind" is already set'),
    ],
)
def test_a_mistake_is_named_with_its_field_and_the_fix(text: str, said: str) -> None:
    with pytest.raises(NeuroScaleError) as error:
        read_rule_policy(text, "p.yaml")
    assert said in str(error.value)
