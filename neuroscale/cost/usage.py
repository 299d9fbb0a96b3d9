"""What an endpoint used: accelerators, processor and memory over time, and the tokens it served with them."""

from dataclasses import dataclass
from decimal import Decimal

from neuroscale.cost.footprint import ModelFootprint


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """The tokens of an endpoint over a window, as its engine counted them.

    Attributes:
        prompt_tokens: Tokens of all prompts, those found in the prefix cache included.
        generated_tokens: Tokens of all answers.
        cached_prompt_tokens: Prompt tokens that were found in the prefix cache, which no accelerator computed; None
            where the engine does not report them.
        estimated_flops: Floating-point operations of all accelerators by the engine's own estimate; None without.
    """

    prompt_tokens: int
    generated_tokens: int
    cached_prompt_tokens: int | None = None
    estimated_flops: int | None = None

    @property
    def served_tokens(self) -> int:
        """Prompt and generated tokens: what a price per token is charged for."""
        return self.prompt_tokens + self.generated_tokens

    @property
    def computed_tokens(self) -> int:
        """Served tokens less those of the prefix cache; an upper bound where the engine does not report them."""
        return self.served_tokens - min(self.cached_prompt_tokens or 0, self.prompt_tokens)


@dataclass(frozen=True, slots=True)
class EndpointUsage:
    """What one endpoint used over a window.

    Attributes:
        namespace: Its namespace; "" where it is not known.
        name: Its name.
        accelerator_hours: Hours of accelerators that it held, busy or not.
        model: Repository of the model it serves; None where it is not known.
        owner: Value of the label `owner`; None without.
        cost_center: Value of the label `cost-center`; None without.
        accelerator: Kind of its accelerators, by our name; None where it is not known.
        processor_core_hours: Hours of CPU cores that it held.
        memory_gibibyte_hours: Hours of GiB of host memory that it held.
        billed: What another tool bills for all of it; None without.
        tokens: What it served; None where that was not measured.
        footprint: What its labels or its profile say of the model, for a model that no catalogue knows.
    """

    namespace: str
    name: str
    accelerator_hours: Decimal
    model: str | None = None
    owner: str | None = None
    cost_center: str | None = None
    accelerator: str | None = None
    processor_core_hours: Decimal = Decimal(0)
    memory_gibibyte_hours: Decimal = Decimal(0)
    billed: Decimal | None = None
    tokens: TokenCounts | None = None
    footprint: ModelFootprint | None = None

    @property
    def title(self) -> str:
        """The endpoint for people: namespace/name."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name
