"""A model profile is believed when a key of the cluster signed it; else it is set aside and the user is told."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from admission_webhook.certificates.issue import CertificateFiles
from admission_webhook.profile_trust import read_public_keys
from neuroscale.architecture.profile import PROFILE_ANNOTATION, SIGNATURE_ANNOTATION, sign_profile
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.finding import Finding
from neuroscale.rules.subject import ClusterFacts
from tests.admission_webhook.serving import read_review, served_webhook

SIGNER, STRANGER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
PROFILE = '{"config":{},"config_sha256":"","repository":"org/model","revision":"main"}'


class ProfileWitness:
    """A judge that notes which profile it is shown."""

    def __init__(self) -> None:
        self.shown: list[str | None] = []

    def __call__(self, objects: Sequence[ManifestObject], facts: ClusterFacts) -> tuple[Finding, ...]:
        self.shown += [manifest.annotations.get(PROFILE_ANNOTATION) for manifest in objects]
        return ()


def review_with(**annotations: str) -> dict[str, Any]:
    review = read_review("create-inference-service.json")
    review["request"]["object"]["metadata"]["annotations"] |= annotations
    return review


async def test_a_profile_that_a_known_key_signed_is_shown_to_the_rules(certificates: CertificateFiles) -> None:
    witness = ProfileWitness()
    signed = {PROFILE_ANNOTATION: PROFILE, SIGNATURE_ANNOTATION: sign_profile(PROFILE, SIGNER)}
    async with served_webhook(certificates, witness, profile_keys=(SIGNER.public_key(),)) as webhook:
        response = await webhook.review(review_with(**signed))
    assert witness.shown == [PROFILE]
    assert "warnings" not in response


@pytest.mark.parametrize(
    ("annotations", "reason"),
    [
        ({}, "carries no signature"),
        ({SIGNATURE_ANNOTATION: "not base64"}, "was not signed by a key this cluster trusts"),
        (
            {SIGNATURE_ANNOTATION: sign_profile(PROFILE, STRANGER)},
            "was not signed by a key this cluster trusts",
        ),
        (
            {SIGNATURE_ANNOTATION: sign_profile(PROFILE + " ", SIGNER)},
            "was not signed by a key this cluster trusts",
        ),
    ],
    ids=["unsigned", "malformed", "stranger", "another text"],
)
async def test_any_other_profile_is_set_aside_and_the_user_is_told(
    certificates: CertificateFiles, annotations: dict[str, str], reason: str
) -> None:
    witness = ProfileWitness()
    async with served_webhook(certificates, witness, profile_keys=(SIGNER.public_key(),)) as webhook:
        response = await webhook.review(review_with(**{PROFILE_ANNOTATION: PROFILE}, **annotations))
    assert witness.shown == [None]
    assert response["warnings"] == [
        f"NeuroScale: the model profile {reason} and is not believed; render the endpoint again"
    ]


async def test_without_keys_every_profile_is_believed(certificates: CertificateFiles) -> None:
    witness = ProfileWitness()
    async with served_webhook(certificates, witness) as webhook:
        await webhook.review(review_with(**{PROFILE_ANNOTATION: PROFILE}))
    assert witness.shown == [PROFILE]


def test_only_an_ed25519_public_key_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "key.pub"
    for content, complaint in (
        (b"", "is not a PEM public key"),
        (_public_pem(ec.generate_private_key(ec.SECP256R1())), "is not an Ed25519 public key"),
    ):
        file.write_bytes(content)
        with pytest.raises(InvalidInputError, match=complaint):
            read_public_keys([file])
    file.write_bytes(_public_pem(SIGNER))
    assert len(read_public_keys([file])) == 1


def _public_pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
