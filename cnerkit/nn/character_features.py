"""CRENER's unnumbered concatenation read literally: distance, region and attention features of single characters.

The paper defines these features for pairs. Here a character has the mean over all pairs that it is the row of.
"""

import torch
from torch import Tensor, nn

from cnerkit.nn.grid_regions import N_DISTANCES, N_REGIONS, distance_ids, region_ids
from cnerkit.nn.precision import at_least_float32


class CharacterFeatures(nn.Module):
    """Vectors for each character's distances from all others, for the halves of the grid they lie in, and attended values.

    Args:
        in_dim: Width of the encoder's vectors.
        feature_dim: Width of each kind of features.
        distance: Whether there are features of distances.
        region: Whether there are features of halves.
        attention_heads: Number of attention maps; 0 for no attended values.

    Attributes:
        dim: Width of all features together.

    Raises:
        ValueError: The heads do not divide the width.
    """

    def __init__(self, in_dim: int, feature_dim: int, *, distance: bool, region: bool, attention_heads: int) -> None:
        super().__init__()
        if attention_heads and feature_dim % attention_heads:
            raise ValueError(f"{attention_heads} attention heads do not divide features of a width of {feature_dim}")
        self.distance = nn.EmbeddingBag(N_DISTANCES, feature_dim, mode="mean", padding_idx=0) if distance else None
        self.region = nn.EmbeddingBag(N_REGIONS, feature_dim, mode="mean", padding_idx=0) if region else None
        self.values = nn.Linear(in_dim, feature_dim) if attention_heads else None
        self.dim = feature_dim * sum(part is not None for part in (self.distance, self.region, self.values))

    def forward(self, encoded: Tensor, mask: Tensor, maps: Tensor | None) -> Tensor:
        """(batch, token, in_dim) and attention (batch, head, row, column) to (batch, token, dim)."""
        parts = []
        for bags, ids in ((self.distance, distance_ids), (self.region, region_ids)):
            if bags is not None:
                parts.append(bags(ids(mask).flatten(0, 1)).view(*mask.shape, -1))
        if self.values is not None and maps is not None:
            values = at_least_float32(self.values(encoded)).view(*mask.shape, maps.shape[1], -1).transpose(1, 2)
            with torch.autocast(encoded.device.type, enabled=False):
                parts.append((maps @ values).transpose(1, 2).flatten(2))  # heads side by side
        return torch.cat([part.to(encoded.dtype) for part in parts], 2) if parts else encoded[..., :0]
