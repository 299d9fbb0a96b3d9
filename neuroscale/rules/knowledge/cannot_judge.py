"""A fact that a rule needed is missing, so it could not judge.

## What it does

Says which fact about an object is missing, and which rules could therefore not judge it: an unknown model, a
serving runtime that is not at hand, a value that only a shell or a configuration file knows, an engine version
that the image tag does not tell where the answer depends on it, or an engine that is not known at all (a note,
where a container on accelerators loads a known model). One finding per cause, however many rules it stops. It never
denies.

## Why it matters

Silence reads as consent. An endpoint whose model nobody knows passes every rule about experts, heads and
memory, and a green check then means nothing. Naming the missing fact keeps the check honest, and usually the
fact takes one line to supply.

## Example

```yaml
containers:
  - name: kserve-container
    image: vllm/vllm-openai:v0.33.0
    args: ["--model=acme/finetune-of-something", "--tensor-parallel-size=8"]
```

## Use instead

Render the endpoint with the Golden Path, which writes the model's facts into the annotation
`neuroscale.dev/model-profile`; or give the model's `config.json` to `neuroscale check --models DIR` as
`acme--finetune-of-something.json`; or name the model's repository and write option values out.

## Applies to

Every serving object that points at a language model, and only where a rule needed the missing fact. A serving
runtime by itself names no model, and that is no gap.

## References

- vLLM, "Engine Arguments": <https://docs.vllm.ai/en/latest/configuration/engine_args.html>
- KServe, "Serving Runtimes": <https://kserve.github.io/website/docs/concepts/resources/servingruntime>
"""

from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import KnowledgeGap


def _judge(gap: KnowledgeGap) -> Judgement:
    stopped = f"cannot judge {', '.join(gap.rules)}: " if gap.rules else ""
    yield Violation(
        path=gap.fact.path,
        message=f"{stopped}{gap.fact.message}",
        fix=gap.fact.fix,
        severity=gap.fact.severity,
    )


RULE = Rule(
    identifier="NS001",
    name="cannot-judge",
    severity=Severity.WARN,
    subject=KnowledgeGap,
    judge=_judge,
    page=__doc__ or "",
)
