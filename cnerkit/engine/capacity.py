"""How long the sentences are that a model can afford, and what a batch of them costs."""

from dataclasses import dataclass
from typing import Literal

from cnerkit.engine.batching import Budget
from cnerkit.nn.protocols import Bounded, Model

CELLS_PER_TOKEN = 64
"""Where no other number is given, a batch has the cells that its tokens make in sentences of this length."""
CONTEXT_TOKENS = 64
"""What a window sees on either side of what it owns, if half of it is left to own; no entity of the known corpora is longer."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a model can afford.

    Attributes:
        window_tokens: Tokens of a window through which it predicts what is longer: what fits an encoder of 512 positions.
        cost: What a batch of it is measured in.
        training_tokens: Tokens of a sentence that it is trained on; None is any number.
    """

    window_tokens: int = 510
    cost: Literal["tokens", "cells"] = "tokens"
    training_tokens: int | None = None

    @property
    def context_tokens(self) -> int:
        """Tokens that a window sees on either side of what it owns."""
        return min(CONTEXT_TOKENS, self.window_tokens // 4)

    def budget(self, tokens: int, sentences: int | None = None, cells: int | None = None) -> Budget:
        """What a batch may hold; None is no limit, but for the cells of a model that computes them."""
        if cells is None and self.cost == "cells":
            cells = CELLS_PER_TOKEN * tokens
        return Budget(tokens, sentences, cells)

    def size(self, n_sentences: int, longest: int) -> int:
        """What a batch costs, in padded tokens or cells."""
        return n_sentences * longest ** (2 if self.cost == "cells" else 1)

    def piece_tokens(self, asked: int | None) -> int | None:
        """Tokens of a sentence of train, at most, when the recipe asks for some limit or none."""
        return min((limit for limit in (asked, self.training_tokens) if limit is not None), default=None)


def capacity_of(model: Model) -> Capacity:
    """What a model says that it can afford; if it says nothing, the windows of an encoder and any length in training."""
    if isinstance(model, Bounded):
        return Capacity(model.window_tokens, model.cost, model.window_tokens)
    return Capacity()
