"""The token scores that the released code of HREB-CRF prints (Sun et al. 2025): no scores of entities.

Precision, recall and F1 of each tag are averaged with the number of its gold tokens as weight, O included; F1 is the mean of
F1 and not made of the two others. Version 1 looks only at tokens whose gold tag is not O, so that what is found where there is
nothing costs nothing but is missed by no tag either; version 2 also at those whose predicted tag is not O. An entity that is
half right counts half. Where the paper's scores are of this kind, they are not to be compared with F1 of entities.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cnerkit.errors import DataError
from cnerkit.scoring.counts import Counts
from cnerkit.scoring.exact import paired
from cnerkit.scoring.report import Average

Version = Literal[1, 2]
"""Of the released code: March 2025, June 2025."""

_OUTSIDE = "O"
_COUNTED: Mapping[Version, str] = {1: "tokens whose gold tag is not O", 2: "tokens whose gold or predicted tag is not O"}


@dataclass(frozen=True, slots=True)
class TokenReport:
    """Token scores of a system over some sentences.

    Attributes:
        version: Of the code that prints such scores.
        sentences: How many there were.
        tokens: All of their tokens.
        counted: Those that the metric looks at.
        tags: The counts of each tag among these, sorted by name.
    """

    version: Version
    sentences: int
    tokens: int
    counted: int
    tags: tuple[tuple[str, Counts], ...]

    @property
    def metric(self) -> str:
        """Its name."""
        return f"token-weighted-v{self.version}"

    @property
    def definition(self) -> str:
        """What it counts, in a sentence."""
        return f"single tags of the {_COUNTED[self.version]}, averaged over tags by their gold tokens; no score of entities"

    @property
    def weighted(self) -> Average:
        """The scores of the tags, averaged by their gold tokens; 0 of none."""
        total = max(1, sum(counts.support for _, counts in self.tags))

        def mean(name: str) -> float:
            return float(sum(counts.support * getattr(counts, name) for _, counts in self.tags) / total)

        return Average(mean("precision"), mean("recall"), mean("f1"))

    def to_json(self) -> dict[str, Any]:
        """Plain data: ratios from 0 to 1, with the counts that they are made of."""
        return {
            "definition": self.definition,
            "sentences": self.sentences,
            "tokens": self.tokens,
            "counted_tokens": self.counted,
            "weighted": self.weighted.to_json(),
            "tags": {tag: counts.to_json() for tag, counts in self.tags},
        }


def token_weighted(
    gold_tags: Iterable[Sequence[str]], predicted_tags: Iterable[Sequence[str]], version: Version
) -> TokenReport:
    """Token scores as the released code of HREB-CRF prints them.

    Args:
        gold_tags: One per token of each sentence, such as ``B-PER``.
        predicted_tags: A system's tags of the same sentences in the same order.
        version: Of the code.

    Raises:
        DataError: The two differ in their number of sentences or in the length of one.
    """
    pairs: Counter[tuple[str, str]] = Counter()
    n_sentences = 0
    for n_sentences, (gold, predicted) in enumerate(paired(gold_tags, predicted_tags), start=1):
        if len(gold) != len(predicted):
            raise DataError(
                f"{len(gold)} tokens have gold tags and {len(predicted)} have predicted ones",
                where=f"sentence {n_sentences}",
                fix="predict one tag for each token of the gold sentences, in their order",
            )
        pairs.update(zip(gold, predicted, strict=True))
    seen = {pair: count for pair, count in pairs.items() if _is_counted(*pair, version)}
    return TokenReport(version, n_sentences, pairs.total(), sum(seen.values()), tuple(sorted(_by_tag(seen).items())))


def _is_counted(gold: str, predicted: str, version: Version) -> bool:
    return gold != _OUTSIDE or (version == 2 and predicted != _OUTSIDE)


def _by_tag(pairs: Mapping[tuple[str, str], int]) -> dict[str, Counts]:
    """The counts of each tag, from how often each gold tag met each predicted one."""
    found: dict[str, Counts] = {}
    for (gold, predicted), count in pairs.items():
        if gold == predicted:
            found[gold] = found.get(gold, Counts()) + Counts(true_positive=count)
        else:
            found[gold] = found.get(gold, Counts()) + Counts(false_negative=count)
            found[predicted] = found.get(predicted, Counts()) + Counts(false_positive=count)
    return found
