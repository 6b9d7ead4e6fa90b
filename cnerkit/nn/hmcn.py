"""HMCN-F: classifies each token over the nodes of a hierarchy, by a global flow through its levels and a local one at each.

Wehrmann et al. (2018), section 3.1, for tokens instead of documents. A label switches on one node of each level; see
``codecs.label_nodes``. The paper's X is our hidden states, its A_G our global states, its A_L our local ones.
"""

import math
from collections.abc import Sequence
from typing import Literal, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnerkit.nn.precision import at_least_float32
from cnerkit.nn.tag_heads import padded_tags, span_products

Decoding = Literal["joint", "greedy"]


class NodeTables(Protocol):
    """What the head must know of the labels and their nodes."""

    @property
    def sizes(self) -> Sequence[int]:
        """Nodes of each level."""
        ...

    @property
    def label_index(self) -> Sequence[Sequence[int]]:
        """For each label the number of its node of each level, over the nodes of all levels."""
        ...

    @property
    def child_parent(self) -> Sequence[tuple[int, int]]:
        """Pairs of a node and the one above it."""
        ...


class GlobalLayer(nn.Module):
    """One step of the global flow: linear, ReLU, batch norm over the tokens, dropout.

    Args:
        in_dim: Width of what comes in.
        dim: Width of what goes out.
        dropout: Share of the numbers dropped while training.
    """

    def __init__(self, in_dim: int, dim: int, dropout: float) -> None:
        super().__init__()
        self.linear = nn.Linear(in_dim, dim)
        self.norm = nn.BatchNorm1d(dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden: Tensor) -> Tensor:
        """(token, in_dim) to (token, dim); all tokens are real."""
        norm, found = self.norm, functional.relu(self.linear(hidden))
        if self.training and len(found) > 1:
            found = norm(found)
        else:  # a single token has no variance, so that while training too what was seen before stands in for it
            found = functional.batch_norm(found, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps)
        dropped: Tensor = self.dropout(found)
        return dropped


class HmcnHead(nn.Module):
    """The classifier; a ``Head`` with unnormalised scores (batch, token, flow, node), the global flow's, then the local one's.

    Args:
        in_dim: Width of the hidden states.
        nodes: The labels and their nodes.
        dim: Width of both flows.
        dropout: Share of the global flow's numbers dropped while training.
        local_share: Of the local flow's probability in the mixture of both, beta; None leaves that flow out.
        violation: Weight of what a node is likelier than the one above it, lambda.
        decoding: ``joint`` takes the label whose nodes have the highest product of probabilities; ``greedy`` the likeliest node
            level by level, among those that some label with the nodes taken so far has. Both always end at a label.
    """

    label_index: Tensor
    child_parent: Tensor

    def __init__(
        self,
        in_dim: int,
        nodes: NodeTables,
        *,
        dim: int,
        dropout: float,
        local_share: float | None,
        violation: float,
        decoding: Decoding,
    ) -> None:
        super().__init__()
        self.sizes, n_nodes = tuple(nodes.sizes), sum(nodes.sizes)
        widths = [in_dim] + [dim + in_dim] * (len(self.sizes) - 1)
        self.global_flow = nn.ModuleList(GlobalLayer(width, dim, dropout) for width in widths)
        self.global_out = nn.Linear(dim, n_nodes)
        locals_ = self.sizes if local_share is not None else ()
        self.local_flow = nn.ModuleList(nn.Linear(dim, dim) for _ in locals_)
        self.local_out = nn.ModuleList(nn.Linear(dim, size) for size in locals_)
        self.local_share, self.violation, self.decoding = local_share, violation, decoding
        self.register_buffer("label_index", torch.tensor(nodes.label_index), persistent=False)
        pairs = torch.tensor(nodes.child_parent, dtype=torch.long).view(-1, 2)
        self.register_buffer("child_parent", pairs, persistent=False)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """(batch, token, in_dim) to (batch, token, flow, node); padding takes no part in the batch norm and has 0."""
        found = self.flows(hidden[mask])
        scores = found.new_zeros(*mask.shape, *found.shape[1:])
        scores[mask] = found
        return scores

    def flows(self, hidden: Tensor) -> Tensor:
        """The scores of real tokens, (token, in_dim) to (token, flow, node)."""
        states = [self.global_flow[0](hidden)]
        for layer in self.global_flow[1:]:
            states.append(layer(torch.cat([states[-1], hidden], dim=1)))
        found = [self.global_out(states[-1])]
        if self.local_flow:
            levels = zip(self.local_out, self.local_flow, states, strict=True)
            found.append(torch.cat([out(functional.relu(step(state))) for out, step, state in levels], dim=1))
        return torch.stack(found, dim=1)

    def node_log_probs(self, scores: Tensor) -> Tensor:
        """Log of P_F, the mixture of both flows' probabilities; (…, flow, node) to (…, node), in float32 at least."""
        logs = functional.logsigmoid(at_least_float32(scores))
        if self.local_share is None:
            return logs[..., 0, :]
        return torch.logaddexp(logs[..., 0, :] + math.log(1 - self.local_share), logs[..., 1, :] + math.log(self.local_share))

    def loss(self, scores: Tensor, targets: Sequence[Sequence[int]], mask: Tensor) -> dict[str, Tensor]:
        """``global``, ``local`` and ``violation``, each summed over nodes or pairs of them; mean over the batch's real tokens.

        The first two are binary cross-entropies over the nodes; the last is the weighted square of how much likelier a node is
        than the one above it, where it is.
        """
        real, tags = scores[mask], padded_tags(targets, mask)[mask]
        switched_on = torch.zeros(len(tags), sum(self.sizes), device=tags.device).scatter_(1, self.label_index[tags], 1.0)
        terms = {
            name: _cross_entropy(real[:, flow], switched_on) for flow, name in enumerate(("global", "local")[: real.shape[1]])
        }
        if self.violation:
            child, parent = self.node_log_probs(real).exp()[:, self.child_parent].unbind(2)
            terms["violation"] = self.violation * (child - parent).relu().square().sum(1).mean()
        return terms

    def tag_scores(self, scores: Tensor) -> Tensor:
        """The log of the product of the probabilities of a label's nodes; (…, flow, node) to (…, label)."""
        # Taken apart by level and added up: a product with a matrix would be computed in bfloat16 under autocast.
        logs = self.node_log_probs(scores)
        found = logs[..., self.label_index[:, 0]]
        for level in range(1, self.label_index.shape[1]):
            found = found + logs[..., self.label_index[:, level]]
        return found

    def best(self, scores: Tensor, mask: Tensor) -> list[list[int]]:
        """The label of each token by ``decoding``; of equally good ones the lowest."""
        found = self.tag_scores(scores).argmax(2) if self.decoding == "joint" else self._greedy(self.node_log_probs(scores))
        table = torch.cat([mask.sum(1, keepdim=True), found], dim=1).tolist()
        return [labels[:length] for length, *labels in table]

    def probabilities(
        self, scores: Tensor, mask: Tensor, paths: Sequence[Sequence[int]], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[list[float]]:
        """Probability of the path's labels on each span: the product over its tokens, which are independent.

        The nodes' probabilities alone say nothing of labels. That of a label here is its share in the products of the
        probabilities of the nodes of all labels, so that they sum to 1, and the best by ``joint`` has the highest.
        """
        return span_products(self.tag_scores(scores), mask, paths, spans)

    def _greedy(self, logs: Tensor) -> Tensor:
        """(batch, token, node) to (batch, token) labels."""
        open_ = torch.ones(*logs.shape[:2], len(self.label_index), dtype=torch.bool, device=logs.device)
        for nodes in self.label_index.unbind(1):
            chosen = nodes[logs[..., nodes].masked_fill(~open_, -math.inf).argmax(2)]
            open_ &= nodes == chosen.unsqueeze(2)
        return open_.byte().argmax(2)


def _cross_entropy(scores: Tensor, switched_on: Tensor) -> Tensor:
    """Binary, summed over nodes and averaged over tokens; both (token, node)."""
    precise = at_least_float32(scores)
    each = functional.binary_cross_entropy_with_logits(precise, switched_on.to(precise.dtype), reduction="none")
    return each.sum(1).mean()
