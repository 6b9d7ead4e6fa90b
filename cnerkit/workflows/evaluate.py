"""Scores: of a checkpoint on annotated sentences, or of one annotated file against another."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnerkit.codecs.tags import TagCodec
from cnerkit.errors import DataError, UsageError
from cnerkit.scoring.exact import Report, paired, score
from cnerkit.scoring.token_weighted import TokenReport
from cnerkit.scoring.typing_score import TYPING, TypingReport, score_typing
from cnerkit.text import Prediction, Sentence
from cnerkit.workflows.corpus import load_split
from cnerkit.workflows.level_scoring import LevelEvaluation, evaluate_levels
from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.token_scoring import Metric, score_tokens
from cnerkit.workflows.types import TypeMap

if TYPE_CHECKING:
    from cnerkit.engine.devices import Precision
    from cnerkit.recipe.schema import Published, Recipe
    from cnerkit.workflows.model import RestoredModel

SHOWN = 40
"""Characters of a text that a message quotes."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The scores of one system.

    Attributes:
        report: The scores, with their definition.
        system: The checkpoint or the file of predictions.
        source: The gold.
        split: Of a dataset.
        published: Rows that papers print for the recipe of the checkpoint.
        notes: What a person should know about the scores.
        levels: The scores at each level of the types, if they were asked for.
        tokens: Token scores, if they were asked for; they stand for those of entities wherever the evaluation is shown, as the
            two do not compare.
        typing: Of a model that was given the spans of the gold; for them the same holds.
    """

    report: Report
    system: str
    source: str
    split: str | None
    published: "tuple[Published, ...]" = ()
    notes: tuple[str, ...] = ()
    levels: LevelEvaluation | None = None
    tokens: TokenReport | None = None
    typing: TypingReport | None = None

    @property
    def metric(self) -> str:
        """What the scores count."""
        if self.typing:
            return TYPING
        return self.tokens.metric if self.tokens else Metric.ENTITY.value

    @property
    def inventory(self) -> tuple[str, ...]:
        """The types that the scores are over."""
        return tuple(entry.type for entry in self.report.types)

    def to_json(self) -> dict[str, Any]:
        """The evaluation as plain data."""
        return {
            "metric": self.metric,
            "system": self.system,
            "source": self.source,
            "split": self.split,
            **(self.tokens or self.report).to_json(),
            **({"typing": self.typing.to_json()} if self.typing else {}),
            **({"by_level": self.levels.to_json()} if self.levels else {}),
            "published": [row.model_dump(mode="json") for row in self.published],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Gold:
    """Where the gold is, and how it is read.

    Attributes:
        source: A dataset's name or a path.
        split: Of a dataset; test when it is left out.
        read: How to read it, as far as the user says.
        types: Old type to new; None leaves that to the checkpoint's recipe.
        data_dir: A folder with datasets, looked into first.
    """

    source: str
    split: str | None = None
    read: ReadOptions | None = None
    types: Mapping[str, str] | None = None
    data_dir: Path | None = None


def evaluate_checkpoint(
    path: Path,
    gold: Gold | None,
    *,
    gpus: int | None = None,
    batch_tokens: int | None = None,
    precision: "Precision" = "fp32",
    levels: bool = False,
    metric: Metric = Metric.ENTITY,
) -> Evaluation:
    """Score a checkpoint on annotated sentences, against the whole of their gold.

    Args:
        path: The checkpoint.
        gold: What to score it on; None is the test split of the dataset that it was trained on.
        gpus: 0 is the CPU, 1 a GPU, None a GPU if there is one.
        batch_tokens: Padded tokens in a batch, at most; None leaves it to the device.
        precision: Number format of the layers that allow bfloat16.
        levels: Whether to score at each level of the types as well.
        metric: What to count; token scores need entities that BIO tags can write.

    Raises:
        CnerkitError: The checkpoint or the gold is missing or cannot be read, or has entities that the metric does not know.
    """
    from cnerkit.engine.devices import prediction_batch
    from cnerkit.engine.inference import predict_sentences
    from cnerkit.nn.protocols import ReadsSpans
    from cnerkit.recipe.loading import recipe_from_resolved
    from cnerkit.workflows.model import restore

    restored = restore(path, gpus=gpus, precision=precision)
    types_spans = isinstance(restored.model, ReadsSpans)
    if types_spans and (levels or metric is not Metric.ENTITY):
        raise UsageError(
            f"the model {restored.origin.model!r} is given the spans of entities, and has a score of their types alone",
            where=str(path),
            fix="leave --levels and --metric out",
        )
    recipe = recipe_from_resolved(restored.recipe, str(path))
    gold = gold or Gold(own_dataset(recipe, path))
    types = TypeMap(recipe.data.types if gold.types is None else gold.types)
    sentences = [types.apply(sentence) for sentence in annotated(gold)]
    found = predict_sentences(
        restored.model,
        sentences,
        batch_tokens=batch_tokens or prediction_batch(restored.device),
        kinds=restored.task.kinds,
        device=restored.device,
        precision=precision,
    )
    predictions = list(found)
    entities = [prediction.entities for prediction in predictions]
    return Evaluation(
        report=score(_entities(sentences), entities),
        system=str(path),
        source=gold.source,
        split=_split(gold),
        published=recipe.published if _is_own_test(recipe, gold) else (),
        notes=tuple(_remarks(recipe, gold.source, restored, sentences)),
        levels=_by_level(restored, sentences, predictions) if levels else None,
        tokens=score_tokens(sentences, entities, metric, source=gold.source, system=str(path)),
        typing=score_typing(_entities(sentences), entities) if types_spans else None,
    )


def _by_level(restored: "RestoredModel", sentences: Sequence[Sentence], predictions: Sequence[Prediction]) -> LevelEvaluation:
    codec = getattr(restored.model, "codec", None)
    tagged = all(each.tags is not None for each, sentence in zip(predictions, sentences, strict=True) if len(sentence))
    return evaluate_levels(
        [sentence.entities or frozenset() for sentence in sentences],
        predictions,
        types=restored.task.types,
        hierarchy_separator=restored.task.hierarchy_separator,
        scheme=codec.scheme if tagged and isinstance(codec, TagCodec) else None,
    )


def evaluate_files(gold: Gold, predicted: Gold, metric: Metric = Metric.ENTITY) -> Evaluation:
    """Score one annotated file against another; the two may differ in format and scheme, but not in their sentences.

    Raises:
        DataError: The two differ in a sentence, which is quoted, or one of them has none of its entities, or some that the
            metric does not know.
        CnerkitError: A file is missing or cannot be read.
    """
    right, found = annotated(gold), annotated(predicted)
    right_types, found_types = TypeMap(gold.types or {}), TypeMap(predicted.types or {})
    pairs = [
        _in_same_units(right_types.apply(one), found_types.apply(other), number, predicted.source)
        for number, (one, other) in enumerate(paired(right, found), start=1)
    ]
    sentences, entities = [one for one, _ in pairs], list(_entities([other for _, other in pairs]))
    return Evaluation(
        report=score(_entities(sentences), entities),
        system=predicted.source,
        source=gold.source,
        split=_split(gold),
        tokens=score_tokens(sentences, entities, metric, source=gold.source, system=predicted.source),
    )


def annotated(gold: Gold) -> tuple[Sentence, ...]:
    """The gold sentences.

    Raises:
        DataError: One is not annotated.
        CnerkitError: The source is missing or cannot be read.
    """
    sentences = load_split(gold.source, gold.split, asked=gold.read, data_dir=gold.data_dir)
    for sentence in sentences:
        if sentence.entities is None:
            raise DataError(
                f"the sentence {sentence.id} is not annotated",
                where=gold.source,
                fix="give every sentence its entities, an empty list where there are none",
            )
    return sentences


def _entities(sentences: Sequence[Sentence]) -> Iterator[frozenset[Any]]:
    return (sentence.entities or frozenset() for sentence in sentences)


def _in_same_units(gold: Sentence, predicted: Sentence, number: int, where: str) -> tuple[Sentence, Sentence]:
    """The two sentences as they are when they have the same tokens, or over the characters of their text when only that is.

    Raises:
        DataError: Their texts differ; the first place at which they part is quoted.
    """
    if gold.tokens == predicted.tokens:
        return gold, predicted
    if gold.text == predicted.text:
        return gold.as_characters(), predicted.as_characters()
    if gold.joiner != predicted.joiner:
        gold, predicted = gold.as_characters(), predicted.as_characters()
    pairs = zip(gold.tokens, predicted.tokens, strict=False)
    shorter = min(len(gold), len(predicted))
    place = next((place for place, (one, other) in enumerate(pairs) if one != other), shorter)
    raise DataError(
        f"sentence {number} differs from the gold at token {place + 1}: "
        f"{_quoted(predicted, place)} instead of {_quoted(gold, place)}",
        where=where,
        fix="predict exactly the gold sentences, in their order",
    )


def _quoted(sentence: Sentence, place: int) -> str:
    rest = sentence.joiner.join(sentence.tokens[place:])
    return repr(rest[:SHOWN] + "…" * (len(rest) > SHOWN)) if rest else "the end of the sentence"


def own_dataset(recipe: "Recipe", path: Path) -> str:
    """The dataset that a checkpoint was trained on.

    Raises:
        UsageError: It was trained on files.
    """
    if not recipe.data.name:
        raise UsageError(
            "it is not said what to score the checkpoint on, and it was not trained on a dataset of the catalogue",
            where=str(path),
            fix="name a dataset or a file: cnerkit evaluate -m best.pt test.txt",
        )
    return recipe.data.name


def _split(gold: Gold) -> str | None:
    from cnerkit.corpora.catalogue import names

    return gold.split or ("test" if gold.source in names() else None)


def _is_own_test(recipe: "Recipe", gold: Gold) -> bool:
    return gold.source == recipe.data.name and _split(gold) == "test" and gold.types is None


def _remarks(recipe: "Recipe", source: str, restored: "RestoredModel", sentences: Sequence[Sentence]) -> Iterator[str]:
    """What to know about the scores of a model that has predicted the sentences."""
    from cnerkit.corpora.catalogue import find, names
    from cnerkit.workflows.path_search import overflows_of, remark_on_overflows

    if source in names() and (remark := find(source).remark):
        yield remark
    others = Counter(e.type for sentence in sentences for e in sentence.entities or () if e.type not in restored.task.types)
    for type_, count in sorted(others.items()):
        yield f"{count} gold entities of the type {type_}, which the model does not know, count as missed"
    if recipe.data.dev_from is not None and recipe.data.dev_from.split == "test":
        yield "the epoch was chosen on the test split, so scores on it are too high"
    if remark := remark_on_overflows(overflows_of(restored.model)):
        yield remark
