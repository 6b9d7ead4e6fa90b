"""A vector for every pair of tokens of a sentence, from what either is: CRENER's relation grid before its convolutions."""

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnerkit.nn.grid_regions import N_DISTANCES, N_REGIONS, distance_ids, distances, region_ids, region_of_distance
from cnerkit.nn.pair_product import pair_product
from cnerkit.nn.precision import at_least_float32

NORM_EPS = 1e-12
"""What is added to the variance of a vector before its root is divided by, CRENER's eq. 6."""


class PairGrid(nn.Module):
    """Conditional layer normalisation, features of the pair, one linear layer and GELU: CRENER (2024), eq. 5 to 7.

    V_ij = gain_i * (h_j - mean_j) / deviation_j + bias_i, with gain and bias linear in the row's vector, stands beside vectors
    for the bucket of the distance i - j, for the half of the grid and for the attention between i and j.

    Factorised, none of that is there: the linear layer is applied to each part before parts meet in a cell, which is the
    same by algebra, also while channels are dropped, since a channel is dropped in all cells of a sentence.

    Args:
        dim: Width of the vectors of rows and columns.
        channels: Width of a cell.
        distance_dim: Width of the vectors for distances; 0: without.
        region_dim: Width of the vectors for the halves of the grid; 0: without.
        attention_heads: Number of attention maps that come in; 0: without.
        attention_dim: Width of the vectors that are made of them.
        cln_bias: Whether the bias is linear in the condition, the row's vector, or in the one that is normalised, the column's.
        normalised: Which of the two is normalised under the other's condition. "row", as in W2NER's code, is the transpose.
        dropout: Share of the linear layer's input channels dropped while training, each in all cells of a sentence.
        form: "direct" makes every vector of every cell, to check the other by.

    Raises:
        ValueError: A width is not positive, or negative where 0 leaves something out.
    """

    region_of_distance: Tensor

    def __init__(
        self,
        dim: int,
        channels: int,
        *,
        distance_dim: int = 20,
        region_dim: int = 20,
        attention_heads: int = 0,
        attention_dim: int = 20,
        cln_bias: Literal["condition", "normalised"] = "condition",
        normalised: Literal["column", "row"] = "column",
        dropout: float = 0.5,
        form: Literal["factorised", "direct"] = "factorised",
    ) -> None:
        super().__init__()
        if min(dim, channels, attention_dim) < 1 or min(distance_dim, region_dim, attention_heads) < 0:
            widths = (dim, channels, distance_dim, region_dim, attention_heads, attention_dim)
            raise ValueError(f"dim, channels, distance, region, attention heads and dim of a PairGrid cannot be {widths}")
        self.channels, self.dropout, self.form = channels, dropout, form
        self.cln_bias, self.normalised = cln_bias, normalised
        self.gain, self.bias = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.distance = nn.Embedding(N_DISTANCES, distance_dim) if distance_dim else None
        self.region = nn.Embedding(N_REGIONS, region_dim) if region_dim else None
        self.attention = nn.Linear(attention_heads, attention_dim) if attention_heads else None
        self.widths = [dim, distance_dim, region_dim, attention_dim if attention_heads else 0]
        self.project = nn.Linear(sum(self.widths), channels)
        self.register_buffer("region_of_distance", region_of_distance(), persistent=False)
        for layer, start in ((self.gain, 1.0), (self.bias, 0.0)):
            nn.init.zeros_(layer.weight)
            nn.init.constant_(layer.bias, start)

    def forward(self, subject: Tensor, object_: Tensor, mask: Tensor, maps: Tensor | None = None) -> Tensor:
        """The grid; what stands on padding means nothing before, and is 0 after.

        Args:
            subject: Vectors of rows, (batch, token, dim).
            object_: Vectors of columns, (batch, token, dim).
            mask: (batch, token).
            maps: Attention between every two tokens, (batch, head, row, column), each row summing to 1.

        Returns:
            (batch, row, column, channel).

        Raises:
            ValueError: Maps come where none are expected, or the other way round, or another number of them.
        """
        expected = self.attention.in_features if self.attention is not None else 0
        if expected != (0 if maps is None else maps.shape[1]):
            raise ValueError(f"a PairGrid of {expected} attention heads got maps {None if maps is None else tuple(maps.shape)}")
        condition, other = (subject, object_) if self.normalised == "column" else (object_, subject)
        gain, bias = self.gain(condition), self.bias(condition if self.cln_bias == "condition" else other)
        standard = functional.layer_norm(at_least_float32(other), other.shape[2:], eps=NORM_EPS)
        compute = self._direct if self.form == "direct" else self._factorised
        grid = functional.gelu(compute(gain, bias, standard, mask, maps))
        cells = mask.unsqueeze(2) & mask.unsqueeze(1)
        return grid.mul_(cells.unsqueeze(3))

    def _kept(self, like: Tensor) -> tuple[Tensor, ...]:
        """What each input channel of each sentence is multiplied by, (batch, 1, width) for each of the four parts."""
        ones = torch.ones(len(like), 1, sum(self.widths), dtype=at_least_float32(like[:0]).dtype, device=like.device)
        return torch.split(functional.dropout(ones, self.dropout, self.training), self.widths, 2)

    def _factorised(self, gain: Tensor, bias: Tensor, standard: Tensor, mask: Tensor, maps: Tensor | None) -> Tensor:
        kept, weights, dtype = self._kept(gain), torch.split(self.project.weight, self.widths, 1), gain.dtype
        offset = functional.linear(bias * kept[0], weights[0], self.project.bias)
        if self.attention is not None:
            offset = offset + functional.linear(self.attention.bias * kept[3], weights[3])
        offset = offset.unsqueeze(2 if (self.cln_bias == "condition") else 1)
        grid = pair_product(
            (gain * kept[0]).to(dtype),
            standard.to(dtype),
            weights[0].to(dtype),
            offset.to(dtype),
            transposed=self.normalised == "row",
        )
        cells = grid.flatten(1, 2)
        if self.distance is not None or self.region is not None:
            table = self._distance_table(kept, weights).to(dtype)
            cells.baddbmm_(_one_hot_distances(mask.shape[1], dtype, mask.device).expand(len(mask), -1, -1), table)
        if self.attention is not None and maps is not None:
            per_map = (weights[3] * kept[3]) @ self.attention.weight * mask.sum(1)[:, None, None]  # (batch, channel, head)
            cells.baddbmm_(maps.flatten(2).transpose(1, 2).to(dtype), per_map.transpose(1, 2).to(dtype))
        return grid

    def _distance_table(self, kept: tuple[Tensor, ...], weights: tuple[Tensor, ...]) -> Tensor:
        """What a bucket of distances adds to a cell, which lies in the half that goes with it, (batch, distance, channel)."""
        tables = []
        if self.distance is not None:
            tables.append(functional.linear(self.distance.weight * kept[1], weights[1]))
        if self.region is not None:
            tables.append(functional.linear(self.region.weight * kept[2], weights[2])[:, self.region_of_distance])
        return sum(tables[1:], start=tables[0])

    def _direct(self, gain: Tensor, bias: Tensor, standard: Tensor, mask: Tensor, maps: Tensor | None) -> Tensor:
        bias = bias.unsqueeze(2 if self.cln_bias == "condition" else 1)
        pairs = gain.unsqueeze(2) * standard.unsqueeze(1) + bias
        features = [pairs if self.normalised == "column" else pairs.transpose(1, 2)]
        if self.distance is not None:
            features.append(self.distance(distance_ids(mask)))
        if self.region is not None:
            features.append(self.region(region_ids(mask)))
        if self.attention is not None and maps is not None:
            features.append(self.attention((maps * mask.sum(1)[:, None, None, None]).permute(0, 2, 3, 1)))
        kept = torch.cat(self._kept(gain), 2)
        grid: Tensor = self.project(torch.cat(features, 3) * kept.unsqueeze(1))
        return grid


class AttentionMaps(nn.Module):
    """How much each token attends to each other, in several heads: what CRENER's attention features are made of.

    Args:
        dim: Width of the hidden states.
        n_heads: Number of maps.
        head_dim: Width of a query and a key.
    """

    def __init__(self, dim: int, n_heads: int, head_dim: int) -> None:
        super().__init__()
        self.n_heads, self.head_dim = n_heads, head_dim
        self.query, self.key = (nn.Linear(dim, n_heads * head_dim, bias=False) for _ in range(2))

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """softmax(q_i k_j / sqrt(head_dim)) over the real tokens j, in float32 at least.

        Args:
            hidden: (batch, token, dim).
            mask: (batch, token).

        Returns:
            (batch, head, row, column); rows of padding mean nothing.
        """
        query, key = (
            at_least_float32(linear(hidden).unflatten(2, (self.n_heads, -1)).transpose(1, 2))
            for linear in (self.query, self.key)
        )  # each (batch, head, token, head_dim)
        with torch.autocast(hidden.device.type, enabled=False):
            scores = query @ key.transpose(2, 3) / math.sqrt(self.head_dim)
            return scores.masked_fill_(~mask[:, None, None, :], -torch.inf).softmax(3)


def _one_hot_distances(n_tokens: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """A one where a cell's distance is, (cell, distance)."""
    ids = distances(n_tokens, device).flatten().unsqueeze(1)
    return (ids == torch.arange(N_DISTANCES, device=device)).to(dtype)
