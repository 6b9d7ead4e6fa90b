"""How relevant a tagger finds each label for the characters of one sentence, beside what the labels are worth there.

Yang et al. (2023), Tables 8 and 9. A softmax tagger that learned from soft targets gives the truth at best 1 over the sum of
its row, so that probabilities are shown as shares of the highest one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnerkit.codecs.schemes import Scheme
from cnerkit.codecs.soft_labels import SoftLabels
from cnerkit.codecs.tags import TagCodec
from cnerkit.errors import UsageError
from cnerkit.text import Sentence, TypeHierarchy
from cnerkit.workflows.gold import Gold, annotated
from cnerkit.workflows.gold_predictions import gold_of_checkpoint
from cnerkit.workflows.types import TypeMap

if TYPE_CHECKING:
    from cnerkit.nn.ner import Ner
    from cnerkit.workflows.model import RestoredModel

SHOWN_LABELS = 8
"""Labels that are shown of a character."""
DIGITS = 4
"""Decimals of a relevance."""


@dataclass(frozen=True, slots=True)
class LabelRelevance:
    """A label for a character: what the model gives it, as a share of what it gives its best, and what it is worth."""

    label: str
    predicted: float
    true: float


@dataclass(frozen=True, slots=True)
class TokenRelevance:
    """A character of an entity, gold or predicted, with every label of the model.

    Attributes:
        place: Where it stands in the sentence, from 0.
        token: The character, or the word.
        truth: Its label.
        labels: All labels, in the order of the inventory.
    """

    place: int
    token: str
    truth: str
    labels: tuple[LabelRelevance, ...]

    def top(self, n_labels: int = SHOWN_LABELS) -> list[LabelRelevance]:
        """The labels that the model finds most relevant, the truth in any case."""
        ranked = sorted(self.labels, key=lambda label: -label.predicted)
        best = ranked[:n_labels]
        return best + [label for label in ranked[n_labels:] if label.label == self.truth]


@dataclass(frozen=True, slots=True)
class Relevance:
    """The relevance of labels in one sentence.

    Attributes:
        sentence: The sentence, annotated.
        system: The checkpoint.
        worth: What the true relevance follows from, in words.
        tokens: The characters of gold and of predicted entities.
    """

    sentence: Sentence
    system: str
    worth: str
    tokens: tuple[TokenRelevance, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data, with the most relevant labels of each character."""
        return {
            "system": self.system,
            "sentence": self.sentence.id,
            "text": self.sentence.text,
            "worth": self.worth,
            "tokens": [
                {
                    "place": token.place,
                    "token": token.token,
                    "truth": token.truth,
                    "labels": [
                        {"label": each.label, "predicted": round(each.predicted, DIGITS), "true": round(each.true, DIGITS)}
                        for each in token.top()
                    ],
                }
                for token in self.tokens
            ],
        }


def relevance(path: Path, gold: Gold | None, sentence_id: str, *, gpus: int | None = None) -> Relevance:
    """The relevance of labels in the sentence of that id.

    Args:
        path: A checkpoint of a model that tags each token by itself.
        gold: Where the sentence is; None is the test split of the dataset that the model was trained on.
        sentence_id: Its id.
        gpus: 0 is the CPU, 1 a GPU, None a GPU if there is one.

    Raises:
        UsageError: There is no such sentence, or the model's tags are not such that their worth is defined.
        CnerkitError: The checkpoint or the gold is missing or cannot be read.
    """
    from cnerkit.recipe.loading import recipe_from_resolved
    from cnerkit.workflows.model import restore

    restored = restore(path, gpus=gpus)
    model, codec = _tagger(restored, path)
    recipe = recipe_from_resolved(restored.recipe, str(path))
    gold = gold_of_checkpoint(gold, recipe, path)
    types = TypeMap(recipe.data.types if gold.types is None else gold.types)
    sentence = types.apply(_named(annotated(gold), sentence_id, gold.source))
    tags = codec.encode(sentence)
    labels = _soft_labels(restored)
    shares = _shares(model, sentence, restored)
    tokens = [
        TokenRelevance(place, sentence.tokens[place], codec.tags[tag], _rows(codec.tags, row, labels.worth[tag].tolist()))
        for place, (tag, row) in enumerate(zip(tags, shares, strict=True))
        if tag or row[0] < max(row)
    ]
    worth = f"beta {labels.beta:g}, gamma {labels.gamma:g}, gate {labels.gate}"
    return Relevance(sentence, str(path), worth, tuple(tokens))


def _tagger(restored: "RestoredModel", path: Path) -> "tuple[Ner, TagCodec]":
    """The model and its codec, if the worth of its labels is defined."""
    from cnerkit.nn.ner import Ner
    from cnerkit.nn.protocols import ScoresTags

    model = restored.model
    if not (isinstance(model, Ner) and isinstance(model.head, ScoresTags) and isinstance(model.codec, TagCodec)):
        raise UsageError(
            f"the model {restored.origin.model!r} does not score the labels of each character by themselves",
            where=str(path),
            fix="take a checkpoint of a tagger that does, such as softfine; one with a CRF scores whole paths",
        )
    if model.codec.scheme is not Scheme.BIOES:
        raise UsageError(
            f"the worth of labels is defined for BIOES tags, and the model has those of {model.codec.scheme}",
            where=str(path),
            fix="train it with --set model.scheme=bioes",
        )
    return model, model.codec


def _soft_labels(restored: "RestoredModel") -> SoftLabels:
    """As the model learned from, or with the values of Tables 8 and 9 when it learned from the truth alone."""
    soft, separator = restored.origin.params.get("soft"), restored.task.hierarchy_separator
    learned = soft if isinstance(soft, Mapping) else {}
    return SoftLabels(restored.task.types.types, TypeHierarchy(separator) if separator else None, **learned)


def _shares(model: "Ner", sentence: Sentence, restored: "RestoredModel") -> list[list[float]]:
    """For each token the probability of each tag, as a share of the highest."""
    import torch

    from cnerkit.nn.batch import Batch
    from cnerkit.nn.protocols import ScoresTags
    from cnerkit.nn.tag_heads import shares_of_best

    assert isinstance(model.head, ScoresTags), "the model was looked at"
    if not len(sentence):
        return []
    with torch.inference_mode():
        scores = model.head.tag_scores(model(Batch.of([sentence.without_entities()], restored.device)).float())
        found: list[list[float]] = shares_of_best(scores)[0].tolist()
    return found


def _rows(tags: Sequence[str], shares: Sequence[float], worth: Sequence[float]) -> tuple[LabelRelevance, ...]:
    return tuple(LabelRelevance(*row) for row in zip(tags, shares, worth, strict=True))


def _named(sentences: Sequence[Sentence], sentence_id: str, source: str) -> Sentence:
    for sentence in sentences:
        if sentence.id == sentence_id:
            return sentence
    near = get_close_matches(sentence_id, [sentence.id for sentence in sentences], n=3)
    known = " or ".join(near) or (f"an id such as {sentences[0].id}" if sentences else "another source")
    raise UsageError(f"no sentence has the id {sentence_id!r}", where=source, fix=f"give {known}")
