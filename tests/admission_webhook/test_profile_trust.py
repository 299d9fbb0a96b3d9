"""A model profile is believed when a key of the cluster signed it; else it is set aside and the user is told."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from admission_webhook.certificates.issue import CertificateFiles
from admission_webhook.facts import KnownFacts
from admission_webhook.judgement import Knowledge
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.profile import (
    PROFILE_ANNOTATION,
    SIGNATURE_ANNOTATION,
    make_profile,
    sign_profile,
    write_profile,
)
from neuroscale.architecture.profile_trust import read_public_keys
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.context import index_context
from neuroscale.rules.deployments import subjects_of
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ScaledEndpoint
from tests.admission_webhook.serving import review_of, served_webhook
from tests.rules.objects import endpoint

SIGNER, STRANGER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
MODEL = "example/private-chat"
UNTRUSTED = "was not signed by a key that is trusted here"


def profile() -> str:
    """Return the profile of a model that only its configuration describes; its 64 heads fit two ranks."""
    entry = load_catalogue().entry("Qwen/Qwen3-32B")
    assert entry is not None
    return write_profile(make_profile(MODEL, "main", entry.config))


PROFILE = profile()


def served_model(tensor_parallel_size: int, **annotations: str) -> dict[str, Any]:
    """Return an endpoint of the model as the webhook is asked about it."""
    ranks = f"--tensor-parallel-size={tensor_parallel_size}"
    served = endpoint([f"--model={MODEL}", ranks], accelerators=tensor_parallel_size, annotations=annotations)
    return dict(served.body)


async def test_a_profile_that_a_known_key_signed_is_ground_for_a_verdict(certificates: CertificateFiles) -> None:
    signed = {PROFILE_ANNOTATION: PROFILE, SIGNATURE_ANNOTATION: sign_profile(PROFILE, SIGNER)}
    async with served_webhook(certificates, judge, profile_keys=(SIGNER.public_key(),)) as webhook:
        refused = await webhook.review(review_of(served_model(5, **signed)))
        allowed = await webhook.review(review_of(served_model(2, **signed)))
    assert "NS101" in str(refused["status"])
    assert allowed["allowed"]
    assert "NS502" not in str(allowed)


@pytest.mark.parametrize(
    ("annotations", "reason"),
    [
        ({}, "carries no signature"),
        ({SIGNATURE_ANNOTATION: "not base64"}, UNTRUSTED),
        ({SIGNATURE_ANNOTATION: sign_profile(PROFILE, STRANGER)}, UNTRUSTED),
        ({SIGNATURE_ANNOTATION: sign_profile(PROFILE + " ", SIGNER)}, UNTRUSTED),
    ],
    ids=["unsigned", "malformed", "stranger", "another text"],
)
async def test_any_other_profile_is_set_aside_and_the_user_is_told(
    certificates: CertificateFiles, annotations: dict[str, str], reason: str
) -> None:
    served = served_model(5, **{PROFILE_ANNOTATION: PROFILE}, **annotations)
    async with served_webhook(certificates, judge, profile_keys=(SIGNER.public_key(),)) as webhook:
        response = await webhook.review(review_of(served))
    assert response["allowed"]
    told = [warning for warning in response["warnings"] if warning.startswith("NS502")]
    assert len(told) == 1
    assert f"the model profile {reason} and is not believed" in told[0]
    assert any(warning.startswith("NS001") and MODEL in warning for warning in response["warnings"])


async def test_without_keys_every_profile_is_believed(certificates: CertificateFiles) -> None:
    async with served_webhook(certificates, judge) as webhook:
        response = await webhook.review(review_of(served_model(5, **{PROFILE_ANNOTATION: PROFILE})))
    assert "NS101" in str(response["status"])


@pytest.mark.parametrize("is_signed", [True, False])
def test_the_profile_of_an_object_around_is_believed_by_the_same_keys(is_signed: bool) -> None:
    annotations = {PROFILE_ANNOTATION: PROFILE}
    if is_signed:
        annotations[SIGNATURE_ANNOTATION] = sign_profile(PROFILE, SIGNER)
    served = manifest_from_mapping(served_model(2, **annotations))
    known = Knowledge(KnownFacts(load_catalogue(), None, (served,)).about, (SIGNER.public_key(),))
    scaled = autoscaler_of(served)
    subjects = subjects_of(scaled, (index_context((served,)),), known.facts_around(scaled))
    [scaled_endpoint] = [each for each in subjects if isinstance(each, ScaledEndpoint)]
    [deployment] = scaled_endpoint.deployments
    assert (deployment.architecture is not None) is is_signed


def autoscaler_of(served: ManifestObject) -> ManifestObject:
    """Return an autoscaler of the Deployment that KServe makes of an object."""
    return manifest_from_mapping({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "scale"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"{served.name}-predictor"},
            "maxReplicas": 2,
        },
    })  # fmt: skip


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
