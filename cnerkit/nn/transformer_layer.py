"""A layer as BERT has twelve of: attention among the tokens of a sentence, and the dense layers that follow it."""

from torch import Tensor, nn
from torch.nn import functional

from cnerkit.nn.protocols import Encoder

LAYER_NORM_EPS = 1e-12
"""What BERT adds to the variance before it divides by its root."""
SPREAD = 0.02
"""Standard deviation of BERT's new weights."""


class FollowUp(nn.Module):
    """What follows attention in a BERT layer: output, intermediate and output layers, each sum normalised.

    Classification Attention, Figure 1: S = LN(drop(M W_o + b_o) + H), I = GELU(S W_i + b_i) and
    Y = LN(drop(I W_p + b_p) + S), where M is ``attended`` and H is ``hidden``.

    Args:
        dim: Width of the vectors; four times as many numbers in between.
        dropout: Share of the numbers dropped before each sum while training.
    """

    def __init__(self, dim: int, dropout: float) -> None:
        super().__init__()
        self.attended, self.expand, self.contract = nn.Linear(dim, dim), nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.first_norm, self.second_norm = nn.LayerNorm(dim, LAYER_NORM_EPS), nn.LayerNorm(dim, LAYER_NORM_EPS)
        self.dropout = nn.Dropout(dropout)

    def forward(self, attended: Tensor, hidden: Tensor) -> Tensor:
        """What attention gives and what went into it, each (batch, token, dim), to (batch, token, dim)."""
        sums: Tensor = self.first_norm(self.dropout(self.attended(attended)) + hidden)
        inner = functional.gelu(self.expand(sums))
        result: Tensor = self.second_norm(self.dropout(self.contract(inner)) + sums)
        return result


class TransformerLayer(nn.Module):
    """A standard layer with random weights, as BERT's are before it is trained; a ``FeatureLayer``.

    Args:
        dim: Width of the vectors.
        n_heads: Heads of the attention.
        dropout: Share dropped of the attention's weights and of the numbers before each sum while training.

    Raises:
        ValueError: The heads do not divide the width.
    """

    def __init__(self, dim: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        refuse_uneven_heads(dim, n_heads)
        self.dim, self.n_heads, self.dropout = dim, n_heads, dropout
        self.query, self.key, self.value = (nn.Linear(dim, dim) for _ in range(3))
        self.follow_up = FollowUp(dim, dropout)
        draw_as_bert(self)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """(batch, token, dim) to (batch, token, dim); what stands on padding means nothing, before and after."""
        query, key, value = (
            linear(hidden).unflatten(2, (self.n_heads, -1)).transpose(1, 2) for linear in (self.query, self.key, self.value)
        )  # each (batch, head, token, dim / head)
        dropped = self.dropout if self.training else 0.0
        attended = functional.scaled_dot_product_attention(query, key, value, mask[:, None, None, :], dropped)
        result: Tensor = self.follow_up(attended.transpose(1, 2).flatten(2), hidden)
        return result


def refuse_uneven_heads(dim: int, n_heads: int) -> None:
    """Refuse a number of heads that does not divide the width.

    Raises:
        ValueError: Names both.
    """
    if n_heads < 1 or dim % n_heads:
        raise ValueError(f"{n_heads} heads cannot share {dim} numbers equally")


def draw_as_bert(module: nn.Module) -> None:
    """Draw the weights of all linear layers as BERT's initialiser does; biases start at 0."""
    for part in module.modules():
        if isinstance(part, nn.Linear):
            nn.init.normal_(part.weight, std=SPREAD)
            nn.init.zeros_(part.bias)


def heads_of(encoder: Encoder) -> int:
    """The heads that each of an encoder's own layers has; 1 when it has no attention."""
    sizes = encoder.description().get("config", {})
    return int(sizes.get("num_attention_heads", 1))
