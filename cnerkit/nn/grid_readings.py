"""How scores of a grid's cells are learned and read: each label of a cell by itself, or one label for each cell.

What is read goes to the host at once for a whole batch, as a table of the labels that are on: four numbers for each, its
sentence, row, column and label, and its probability.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from cnerkit.nn.precision import at_least_float32
from cnerkit.nn.threshold_loss import CellLoss, threshold_loss

Cell = tuple[int, int, int]
"""Row, column and the number of a label that is on there."""
_ALMOST_0 = 1e-12
"""What probabilities are kept away from 0 and 1 by where odds are taken of them."""


class ThresholdReading:
    """Any number of labels for each cell: CRENER (arXiv 2412.10858), equation 19, and its specification's A5 to A8.

    Args:
        n_labels: Number of labels.
        threshold: A label is on where its score is greater; the loss is always about 0.
    """

    def __init__(self, n_labels: int, threshold: float = 0.0) -> None:
        self.n_labels, self.threshold = n_labels, threshold
        self.n_scores = n_labels

    def taught(self, cells: Sequence[Cell]) -> Sequence[Cell]:
        """Those of a sentence's cells that the model can be taught: all."""
        return cells

    def loss(self, scores: Tensor, cells: Sequence[Sequence[Cell]], mask: Tensor) -> CellLoss:
        """Equation 19.

        Args:
            scores: (batch, row, column, label).
            cells: The labels that are on in each sentence.
            mask: (batch, token).
        """
        return threshold_loss(scores, _coordinates(cells), pairs(mask))

    def on(self, scores: Tensor, mask: Tensor) -> Tensor:
        """The table of the labels that are on, (label that is on, 5)."""
        found = ((scores > self.threshold) & pairs(mask).unsqueeze(3)).nonzero()
        return torch.cat([found.double(), scores[tuple(found.T)].double().sigmoid().unsqueeze(1)], 1)

    def probabilities(self, scores: Tensor) -> Tensor:
        """Of each label of some cells, (cell, label), from their scores, (cell, score)."""
        return scores.double().sigmoid()

    def shares(self, weights: Tensor) -> Tensor:
        """What is probable in a place where at most one is on: from probabilities, (place, one), with that of none as the last.

        As each is on or off by itself, one alone is to none as its odds.
        """
        return functional.pad(weights.logit(_ALMOST_0), (0, 1)).softmax(1)


class SoftmaxReading:
    """One label or none for each cell: W2NER (Li et al., AAAI 2022).

    Args:
        n_labels: Number of labels; the score of none comes before theirs.
    """

    def __init__(self, n_labels: int) -> None:
        self.n_labels, self.n_scores = n_labels, n_labels + 1

    def taught(self, cells: Sequence[Cell]) -> Sequence[Cell]:
        """Those of a sentence's cells that the model can be taught: of several labels of a cell the first."""
        first = {(row, column): label for row, column, label in sorted(cells, reverse=True)}
        return sorted((row, column, label) for (row, column), label in first.items())

    def loss(self, scores: Tensor, cells: Sequence[Sequence[Cell]], mask: Tensor) -> CellLoss:
        """The cross-entropy; arguments as in ``ThresholdReading.loss``."""
        *place, labels = _coordinates([self.taught(each) for each in cells]).to(scores.device).unbind(1)
        targets = torch.zeros(scores.shape[:3], dtype=torch.long, device=scores.device)
        targets.index_put_(tuple(place), labels + 1)
        real, positive = pairs(mask), targets > 0
        each = functional.cross_entropy(at_least_float32(scores).permute(0, 3, 1, 2), targets, reduction="none")
        of_positive = (each.detach() * positive).sum() / positive.sum().clamp(min=1)
        return CellLoss(each.masked_fill(~real, 0).sum() / real.sum(), of_positive)

    def on(self, scores: Tensor, mask: Tensor) -> Tensor:
        """The table of the labels that are on, (label that is on, 5)."""
        best = scores.argmax(3)
        found = ((best > 0) & pairs(mask)).nonzero()
        place = tuple(found.T)
        labels = best[place].unsqueeze(1)
        probabilities = scores[place].double().softmax(1).gather(1, labels)
        return torch.cat([found.double(), (labels - 1).double(), probabilities], 1)

    def probabilities(self, scores: Tensor) -> Tensor:
        """Of each label of some cells, (cell, label), from their scores, (cell, score)."""
        return scores.double().softmax(1)[:, 1:]

    def shares(self, weights: Tensor) -> Tensor:
        """The probabilities in a place where one is on at most, (place, one), with that of none as the last."""
        return torch.cat([weights, (1 - weights.sum(1, keepdim=True)).clamp(min=0)], 1)


def pairs(mask: Tensor) -> Tensor:
    """Where both tokens are real; (batch, token) to (batch, row, column)."""
    return mask.unsqueeze(2) & mask.unsqueeze(1)


def _coordinates(cells: Sequence[Sequence[Cell]]) -> Tensor:
    """Sentence, row, column and label of all cells of a batch, (cell, 4), on the host."""
    rows = [(sentence, *cell) for sentence, each in enumerate(cells) for cell in each]
    return torch.tensor(rows, dtype=torch.long).view(-1, 4)
