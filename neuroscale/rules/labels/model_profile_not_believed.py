"""A model profile that is unsigned, unreadable, contradicted or about another model is not used.

## What it does

Warns where the annotation `neuroscale.dev/model-profile` is set aside: because it describes another model than the
engine loads, because it cannot be read, or, where the public keys of the platform are configured, because none of
them signed exactly this text. Without keys nobody vouches for a profile, so one that contradicts the catalogue (or
the configurations given with `--models`) is set aside too, with the figures of both. The object is then judged as
if it carried no profile.

A profile with a verified signature is used whatever the catalogue says; where the two differ, a note says in what.

## Why it matters

The profile says what a model is, and the verdicts about experts, heads and memory rest on it. Anyone who may
write the object may write the annotation: a copied one lets a model pass by the figures of another, and an
invented one by any figures at all. Silence would leave its author to believe that the profile was used.

## Example

```yaml
metadata:
  annotations:
    # The endpoint was copied, and the profile of its model came along.
    neuroscale.dev/model-profile: '{"repository":"zai-org/GLM-4.7-Flash","revision":null,...}'
spec:
  predictor:
    containers:
      - name: kserve-container
        args: ["--model=Qwen/Qwen3-32B"]
```

## Use instead

Render the endpoint again with the Golden Path, which writes the profile of the model and signs it; or remove the
annotation and its signature, and the model is looked up by its name.

## Applies to

Every object that carries a profile and runs an engine. A signature is verified where a public key is configured:
`--profile-public-key` of `neuroscale check`, `neuroscale audit`, the actions service, the admission webhook and the
background audit. A surface without a key believes every profile that can be read, is about the model of the object,
and contradicts nothing that is known of it.

## References

- Ed25519, RFC 8032: <https://www.rfc-editor.org/rfc/rfc8032>
"""

from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment


def _judge(deployment: Deployment) -> Judgement:
    problem = deployment.profile_problem
    if problem is not None:
        yield Violation(problem.path, problem.message, problem.fix, problem.severity)


RULE = Rule(
    identifier="NS502",
    name="model-profile-not-believed",
    severity=Severity.WARN,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
