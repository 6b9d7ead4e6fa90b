"""What the tags of a grid say, fed back into the characters: CRENER (arXiv 2412.10858), equations 9 to 15.

A round reads the grid, pools what its tags say of each character as a subject (its row) and as an object (its column), lets the
characters look at one another with that, and adds the result to their vectors. The next round makes its grid from these.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnerkit.nn.masked_max import row_and_column_max

LAYER_NORM_EPS = 1e-12


class Roles(NamedTuple):
    """What each character is as the row of a grid and as its column, each (batch, token, dim)."""

    subject: Tensor
    object: Tensor


class TagFeatures(nn.Linear):
    """Equations 9 and 10: a linear map for each group of tags, side by side; (..., in_channels) to (..., groups * dim).

    Args:
        in_channels: Channels of the grid.
        dim: Width of a group.
        n_groups: Four for NNC, PNC, HTC and THC; the types of the last two share a group.
    """

    def __init__(self, in_channels: int, dim: int, n_groups: int) -> None:
        super().__init__(in_channels, n_groups * dim)
        for group in torch.split(self.weight.data, dim):
            nn.init.orthogonal_(group)


class Enhancement(nn.Module):
    """Equations 11 to 15: one update of the characters from the tags.

    Subject and object share the attention, not the linear maps around it nor the normalisation. There is no residual
    connection but the last.

    Args:
        tag_width: Width of the tags' features, of all groups together.
        dim: Width of the characters' vectors.
        n_heads: Of either attention.
        dropout: Share of the attention's weights dropped while training.

    Raises:
        ValueError: The heads do not divide the width.
    """

    def __init__(self, tag_width: int, dim: int, n_heads: int, dropout: float = 0.1) -> None:
        super().__init__()
        if dim % n_heads:
            raise ValueError(f"{n_heads} heads do not divide a width of {dim}")
        self.recover = nn.ModuleList(_orthogonal(nn.Linear(tag_width, dim)) for _ in Roles._fields)
        self.among_tags = nn.MultiheadAttention(dim, n_heads, dropout, batch_first=True)
        self.to_characters = nn.MultiheadAttention(dim, n_heads, dropout, batch_first=True)
        self.refine = nn.ModuleList(nn.Linear(dim, dim) for _ in Roles._fields)
        self.norm = nn.ModuleList(nn.LayerNorm(dim, eps=LAYER_NORM_EPS) for _ in Roles._fields)

    def forward(self, tags: Tensor, first: Roles, running: Roles, mask: Tensor) -> Roles:
        """The characters after the update.

        Args:
            tags: (batch, row, column, tag_width).
            first: The characters before any update, equation 4: keys and values of equation 13.
            running: The characters as they are.
            mask: (batch, token).
        """
        pooled = row_and_column_max(tags, mask)
        sides = zip(pooled, first, running, self.recover, self.refine, self.norm, strict=True)
        return Roles(*(self._updated(*side, padding=~mask) for side in sides))

    def _updated(
        self,
        pooled: Tensor,
        first: Tensor,
        running: Tensor,
        recover: nn.Module,
        refine: nn.Module,
        norm: nn.Module,
        *,
        padding: Tensor,
    ) -> Tensor:
        tags = recover(pooled)
        among, _ = self.among_tags(tags, tags, tags, key_padding_mask=padding, need_weights=False)
        crossed, _ = self.to_characters(among, first, first, key_padding_mask=padding, need_weights=False)
        updated: Tensor = norm(running + functional.gelu(refine(crossed)))
        return updated


def _orthogonal(linear: nn.Linear) -> nn.Linear:
    nn.init.orthogonal_(linear.weight)
    return linear
