"""What the commands that judge have in common: the platform's policy, its keys and the release of KServe."""

from pathlib import Path

import click
from packaging.version import InvalidVersion, Version

from neuroscale.cli.text_file import read_text_file
from neuroscale.errors import InvalidInputError
from neuroscale.rules.policy import RulePolicy
from neuroscale.rules.policy_file import read_rule_policy

profile_public_key_option = click.option(
    "--profile-public-key",
    "profile_public_keys",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PEM Ed25519 key whose signature on a model profile is trusted, as the webhook takes it; without one a "
    "profile is believed unless it contradicts what is known. Repeatable.",
)


def read_policy(path: Path) -> RulePolicy:
    """Return the platform's exceptions and severities.

    Raises:
        UnreadableInputError: The file cannot be read.
        InvalidInputError: A field of it is wrong.
    """
    return read_rule_policy(read_text_file(path), str(path))


def refuse_unless_version(kserve: str) -> None:
    """Refuse what is no release of KServe.

    Raises:
        InvalidInputError: It is none.
    """
    try:
        Version(kserve)
    except InvalidVersion as error:
        raise InvalidInputError(
            f"{kserve!r} is not a release", field="--kserve", fix="write e.g. 0.20.0"
        ) from error
