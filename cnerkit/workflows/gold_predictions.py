"""What a checkpoint finds in annotated sentences, with what is to be known about any score of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cnerkit import registry
from cnerkit.codecs.tags import TagCodec
from cnerkit.engine.runs import RunFolder
from cnerkit.errors import UsageError
from cnerkit.text import Prediction, Sentence
from cnerkit.workflows.evaluation import CHOSEN_ON_TEST
from cnerkit.workflows.gold import Annotated, Gold, as_trained, read_annotated
from cnerkit.workflows.level_scoring import LevelEvaluation, evaluate_levels
from cnerkit.workflows.measuring import Found
from cnerkit.workflows.seqeval_scoring import Written, tags_of_predictions
from cnerkit.workflows.suitability import kinds_of
from cnerkit.workflows.wording import counted

if TYPE_CHECKING:
    from cnerkit.engine.devices import Precision
    from cnerkit.engine.progress import EpochRecord
    from cnerkit.recipe.schema import Recipe
    from cnerkit.workflows.model import RestoredModel


@dataclass(frozen=True, slots=True)
class Computing:
    """How checkpoints predict.

    Attributes:
        gpus: 0 is the CPU, 1 a GPU, None a GPU if there is one.
        batch_tokens: Padded tokens in a batch, at most; None leaves it to the device.
        precision: Number format of the layers that allow bfloat16.
    """

    gpus: int | None
    batch_tokens: int | None
    precision: "Precision"

    def restored(self, path: Path) -> "RestoredModel":
        """The model of a checkpoint."""
        from cnerkit.workflows.model import restore

        return restore(path, gpus=self.gpus, precision=self.precision)

    def predictions(self, restored: "RestoredModel", sentences: Sequence[Sentence]) -> list[Prediction]:
        """What it says of sentences.

        Raises:
            UsageError: It reads words, and they are not divided into any.
        """
        from cnerkit.engine.devices import prediction_batch
        from cnerkit.engine.inference import predict_sentences

        if restored.task.joiner:
            _refuse_undivided(sentences)
        found = predict_sentences(
            restored.model,
            sentences,
            batch_tokens=self.batch_tokens or prediction_batch(restored.device),
            kinds=restored.task.kinds,
            device=restored.device,
            precision=self.precision,
        )
        return list(found)


def _refuse_undivided(sentences: Sequence[Sentence]) -> None:
    for sentence in sentences:
        if sentence.in_characters and any(map(str.isspace, sentence.tokens)):
            what = f"the model reads words, and the sentence {sentence.id} is in single characters, white space among them"
            raise UsageError(what, fix="divide running text as for training, with --tokens words or --tokens spaces")


@dataclass(frozen=True, slots=True)
class GoldPredictions:
    """What a checkpoint finds in annotated sentences.

    Attributes:
        path: The checkpoint.
        restored: Its model.
        recipe: What it was trained by.
        gold: Where the sentences are.
        types: How the types of the gold were mapped: old to new.
        right: The sentences.
        predictions: Of each.
    """

    path: Path
    restored: "RestoredModel"
    recipe: "Recipe"
    gold: Gold
    types: Mapping[str, str]
    right: Annotated
    predictions: tuple[Prediction, ...]

    @property
    def found(self) -> Found:
        """The entities alone."""
        return Found(self.right.sentences, tuple(frozenset(each.entities) for each in self.predictions))

    @property
    def tags(self) -> Written | None:
        """What a tagger said of each token, malformed as it may be; None of a model that tags none."""
        codec = getattr(self.restored.model, "codec", None)
        scheme = codec.scheme if isinstance(codec, TagCodec) else None
        return tags_of_predictions(self.right.sentences, self.predictions, scheme, str(self.path))

    @property
    def is_of_own_test(self) -> bool:
        """Whether the sentences are what the rows of papers are about."""
        gold = self.gold
        return gold.source == self.recipe.data.name and gold.chosen_split == "test" and gold.types is None

    def run_epochs(self) -> "tuple[EpochRecord, ...]":
        """The learning curve of the run that the checkpoint lies in; none when it lies elsewhere."""
        return RunFolder(self.path.parent).epochs()

    def by_level(self) -> LevelEvaluation:
        """The scores at each level of the types."""
        tags, task = self.tags, self.restored.task
        return evaluate_levels(
            self.found.gold,
            self.predictions,
            types=task.types,
            hierarchy_separator=task.hierarchy_separator,
            scheme=tags.scheme if tags else None,
        )

    def remarks(self) -> Iterator[str]:
        """What to know about the scores."""
        from cnerkit.corpora.catalogue import find
        from cnerkit.workflows.path_search import overflows_of, remark_on_overflows

        yield from self.right.notes
        if self.gold.is_dataset and (remark := find(self.gold.source).remark):
            yield remark
        others = Counter(
            e.type for one in self.right.sentences for e in one.entities or () if e.type not in self.restored.task.types
        )
        for type_, count in sorted(others.items()):
            yield f"{count} gold entities of the type {type_}, which the model does not know, count as missed"
        yield from self._out_of_reach()
        if self.recipe.data.dev_from is not None and self.recipe.data.dev_from.split == "test":
            yield CHOSEN_ON_TEST
        if remark := remark_on_overflows(overflows_of(self.restored.model)):
            yield remark

    def _out_of_reach(self) -> Iterator[str]:
        """Gold that the model could not find if it knew all that it can know."""
        from cnerkit.workflows.path_search import notes_on_limits
        from cnerkit.workflows.span_reach import notes_on_reach

        spec = registry.get(self.restored.origin.model)
        for kind in sorted(kinds_of(self.right.sentences) - spec.handles):
            n_sentences = sum(kind in kinds_of([one]) for one in self.right.sentences)
            yield f"{counted(n_sentences, 'gold sentence')} with {kind} entities, which the model cannot find and misses"
        splits = {"gold": self.right.sentences}
        yield from notes_on_limits(self.restored.model, splits)
        yield from notes_on_reach(self.restored.model, splits)


def predict_gold(path: Path, restored: "RestoredModel", gold: Gold | None, computing: Computing) -> GoldPredictions:
    """Let a checkpoint predict annotated sentences.

    Args:
        path: The checkpoint.
        restored: Its model.
        gold: The sentences; None is the test split of the dataset that it was trained on.
        computing: How it predicts.

    Raises:
        CnerkitError: The gold is missing or cannot be read.
    """
    from cnerkit.recipe.loading import recipe_from_resolved

    recipe = recipe_from_resolved(restored.recipe, str(path))
    gold = gold_of_checkpoint(gold, recipe, path)
    types = recipe.data.types if gold.types is None else gold.types
    right = read_annotated(gold, types)
    predictions = tuple(computing.predictions(restored, right.sentences))
    return GoldPredictions(path, restored, recipe, gold, types, right, predictions)


def gold_of_checkpoint(gold: Gold | None, recipe: "Recipe", path: Path) -> Gold:
    """What a checkpoint is scored on: what the user names, else the test split of the dataset that it was trained on.

    Raises:
        UsageError: The user names nothing, and it was trained on files.
    """
    gold = gold or Gold()
    if not gold.source and not recipe.data.name:
        raise UsageError(
            "it is not said what to score the checkpoint on, and it was not trained on a dataset of the catalogue",
            where=str(path),
            fix="name a dataset or a file: cnerkit evaluate -m best.pt test.txt",
        )
    return as_trained(replace(gold, source=gold.source or recipe.data.name or ""), recipe.data)
