"""CRENER (arXiv 2412.10858): characters in context, a grid of their relations in rounds, and scores of its labels."""

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from cnerkit.nn.character_features import CharacterFeatures
from cnerkit.nn.co_predictor import CoPredictor
from cnerkit.nn.dilated import DilatedConvolutions
from cnerkit.nn.enhancement import Enhancement, Roles, TagFeatures
from cnerkit.nn.grid_readings import pairs
from cnerkit.nn.pair_grid import AttentionMaps, PairGrid
from cnerkit.nn.protocols import FeatureLayer

Computed = TypeVar("Computed")


class Context(nn.Module):
    """The encoder's vectors narrowed, and in context: what comes before equation 4, equations 1 to 3.

    Args:
        in_dim: Width of the encoder's vectors.
        dim: Width of what comes out.
        dropout: Share of the encoder's numbers dropped while training.
        layer: What gives context besides the encoder; None for nothing.
        features: What stands beside the encoder's vectors; None for nothing.
    """

    def __init__(
        self, in_dim: int, dim: int, dropout: float, layer: FeatureLayer | None, features: CharacterFeatures | None = None
    ) -> None:
        super().__init__()
        self.features = features
        self.narrow = nn.Sequential(nn.Dropout(dropout), nn.Linear(in_dim + (features.dim if features else 0), dim))
        self.layer = layer

    def forward(self, encoded: Tensor, mask: Tensor, maps: Tensor | None) -> Tensor:
        """(batch, token, in_dim), and attention (batch, head, row, column), to (batch, token, dim)."""
        beside = encoded if self.features is None else torch.cat([encoded, self.features(encoded, mask, maps)], 2)
        narrowed: Tensor = self.narrow(beside)
        return narrowed if self.layer is None else self.layer(narrowed, mask)


class BothRoles(nn.Module):
    """Equation 4: each character as a subject and as an object.

    Args:
        dim: Width of the characters' vectors.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.subject, self.object = nn.Linear(dim, dim), nn.Linear(dim, dim)
        for linear in (self.subject, self.object):
            nn.init.orthogonal_(linear.weight)

    def forward(self, hidden: Tensor) -> Roles:
        """(batch, token, dim) to two of them."""
        return Roles(self.subject(hidden), self.object(hidden))


class GridPass(nn.Module):
    """Equations 5 to 10: a grid from characters.

    Args:
        pairs: Equations 5 to 7.
        convolutions: Equation 8; None leaves the cells as they are.
        tags: Equations 9 and 10; None leaves them out.
    """

    def __init__(self, pairs: PairGrid, convolutions: DilatedConvolutions | None, tags: TagFeatures | None) -> None:
        super().__init__()
        self.pairs, self.convolutions, self.tags = pairs, convolutions, tags

    def forward(self, roles: Roles, mask: Tensor, maps: Tensor | None) -> Tensor:
        """Characters and the attention between them to (batch, row, column, channel)."""
        grid: Tensor = self.pairs(roles.subject, roles.object, mask, maps)
        if self.convolutions is not None:
            grid = self.convolutions(grid, pairs(mask))
        return grid if self.tags is None else self.tags(grid)


class Rounds(nn.Module):
    """The grid, made as often as there are rounds, each from characters that know the tags of the one before.

    Args:
        roles: Equation 4.
        passes: One for every round, or one for all.
        updates: One for every round but the last, or one for all, or none.
        n_rounds: How often the grid is made.
        last_grid: Whether anything reads the last grid; if not, it is not made.
        recompute: Whether a round keeps its characters alone, and is computed again for its gradient.
    """

    def __init__(
        self,
        roles: BothRoles,
        passes: Sequence[GridPass],
        updates: Sequence[Enhancement],
        n_rounds: int,
        *,
        last_grid: bool,
        recompute: bool,
    ) -> None:
        super().__init__()
        self.roles = roles
        self.passes, self.updates = nn.ModuleList(passes), nn.ModuleList(updates)
        self.n_rounds, self.last_grid, self.recompute = n_rounds, last_grid, recompute

    def forward(self, hidden: Tensor, mask: Tensor, maps: Tensor | None) -> tuple[Roles, Tensor | None]:
        """The characters after the last update, and the last grid.

        Args:
            hidden: The characters in context, (batch, token, dim).
            mask: (batch, token).
            maps: Attention for features of the grid, (batch, head, row, column).
        """
        first: Roles = self.roles(hidden)
        running = first
        for number in range(self.n_rounds - 1):
            update = self.updates[number % len(self.updates)]
            running = self._remembered(_updated, self._pass(number), update, first, running, mask, maps)
        if not self.last_grid:
            return running, None
        return running, self._remembered(self._pass(self.n_rounds - 1), running, mask, maps)

    def _pass(self, number: int) -> nn.Module:
        return self.passes[number % len(self.passes)]

    def _remembered(self, compute: Callable[..., Computed], *given: object) -> Computed:
        """What a computation gives; all within it is kept for its gradient, or only what is given."""
        if not (self.recompute and torch.is_grad_enabled()):
            return compute(*given)
        return cast("Computed", checkpoint(compute, *given, use_reentrant=False))


def _updated(grid_pass: nn.Module, update: nn.Module, first: Roles, running: Roles, mask: Tensor, maps: Tensor | None) -> Roles:
    """A round: the characters after an update from their own grid."""
    roles: Roles = update(grid_pass(running, mask, maps), first, running, mask)
    return roles


class Crener(nn.Module):
    """The encoder's vectors to the scores of a grid's labels; a ``GridScorer``.

    Args:
        maps: Attention over the encoder's vectors, for features; None without.
        context: Equations 1 to 3.
        rounds: Equations 4 to 15; None when nothing reads them.
        predictor: Equations 16 and 17.
        enhanced: Whether equation 16 reads the characters after the last update instead of those before equation 4.
    """

    def __init__(
        self, maps: AttentionMaps | None, context: Context, rounds: Rounds | None, predictor: CoPredictor, *, enhanced: bool
    ) -> None:
        super().__init__()
        self.maps, self.context, self.rounds, self.predictor, self.enhanced = maps, context, rounds, predictor, enhanced

    def forward(self, encoded: Tensor, mask: Tensor) -> Tensor:
        """(batch, token, in_dim) to (batch, row, column, label)."""
        maps = None if self.maps is None else self.maps(encoded, mask)
        hidden = self.context(encoded, mask, maps)
        roles, grid = Roles(hidden, hidden), None
        if self.rounds is not None:
            updated, grid = self.rounds(hidden, mask, maps)
            roles = updated if self.enhanced else roles
        scores: Tensor = self.predictor(roles.subject, roles.object, grid)
        return scores
