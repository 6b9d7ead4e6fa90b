"""The diagnostics of the SNG paper for any checkpoint that can tell how probable each type is for a given span.

Gold entities are looked at alone: what a model finds where there is none is not in these numbers.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnerkit.engine.progress import EpochRecord
from cnerkit.engine.runs import RunFolder
from cnerkit.errors import UsageError
from cnerkit.scoring.diagnostics import Diagnostics, diagnose
from cnerkit.storage import whole_folder
from cnerkit.text import Entity, Sentence
from cnerkit.workflows.diagnostic_plots import Lettering, Plot, draw_all, lettering
from cnerkit.workflows.fonts import refuse_without_matplotlib
from cnerkit.workflows.gold import Gold, read_annotated
from cnerkit.workflows.gold_predictions import gold_of_checkpoint
from cnerkit.workflows.wording import counted

if TYPE_CHECKING:
    from cnerkit.engine.devices import Precision
    from cnerkit.workflows.model import RestoredModel

NONE = "no entity"
"""The class of what is none, after the types."""
NUMBERS = "diagnostics.json"
WRITTEN = frozenset({"pca.png", "violins.png", "discrepancy.png", "loss.png", NUMBERS})
"""Files of a folder of plots."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The diagnostics of a checkpoint and their pictures.

    Attributes:
        system: The checkpoint.
        source: The gold.
        diagnostics: The numbers.
        places: Of each span of them: the sentence's id, and start and end in tokens.
        epochs: Of the run that the checkpoint is from, as far as its folder tells.
        plots: The pictures.
        notes: What a person should know about them.
    """

    system: str
    source: str
    diagnostics: Diagnostics
    places: tuple[tuple[str, int, int], ...]
    epochs: tuple[EpochRecord, ...]
    plots: tuple[Plot, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The numbers behind the pictures, as plain data."""
        spans = zip(self.places, self.diagnostics.spans, strict=True)
        return {
            "system": self.system,
            "source": self.source,
            "notes": list(self.notes),
            **self.diagnostics.to_json(),
            "spans": [{"sentence": name, "start": start, "end": end, **span.to_json()} for (name, start, end), span in spans],
            "loss": [{"epoch": each.epoch, "loss": each.loss} for each in self.epochs],
        }


@dataclass(frozen=True, slots=True)
class _Looked:
    """Gold entities with the probabilities of their classes.

    Attributes:
        places: The sentence's id, and start and end in tokens.
        truths: The numbers of their types.
        rows: The probabilities.
        others: How many gold entities are not among them, by reason.
    """

    places: tuple[tuple[str, int, int], ...]
    truths: tuple[int, ...]
    rows: tuple[tuple[float, ...], ...]
    others: Mapping[str, int]


def draw(
    path: Path,
    gold: Gold | None,
    folder: Path,
    *,
    gpus: int | None = None,
    batch_tokens: int | None = None,
    precision: "Precision" = "fp32",
) -> Drawn:
    """Draw the diagnostics of a checkpoint into a folder, with the numbers behind them; all of it appears, or nothing does.

    Args:
        path: The checkpoint.
        gold: Whose entities to look at; None is the test split of the dataset that it was trained on.
        folder: Where the files go; earlier ones of the same names are replaced.
        gpus: 0 is the CPU, 1 a GPU, None a GPU if there is one.
        batch_tokens: Padded tokens in a batch, at most; None leaves it to the device.
        precision: Number format of the layers that allow bfloat16.

    Raises:
        MissingError: matplotlib is not installed.
        UsageError: The folder holds something else, or the model cannot tell.
        CnerkitError: The checkpoint or the gold is missing or cannot be read, or the folder cannot be written.
    """
    from cnerkit.recipe.loading import recipe_from_resolved
    from cnerkit.workflows.model import restore

    refuse_without_matplotlib()
    _refuse_other_folder(folder)
    restored = restore(path, gpus=gpus, precision=precision)
    types = _types_told(restored, path)
    recipe = recipe_from_resolved(restored.recipe, str(path))
    gold = gold_of_checkpoint(gold, recipe, path)
    sentences = read_annotated(gold, recipe.data.types if gold.types is None else gold.types).sentences
    looked = _looked_at(restored, sentences, types, batch_tokens=batch_tokens, precision=precision)
    n_classes = max(map(len, looked.rows), default=0)
    diagnostics = diagnose(looked.rows, looked.truths, (*types, NONE)[:n_classes])
    epochs, written = RunFolder(path.parent).epochs(), lettering(types)
    plots = draw_all(diagnostics, epochs, restored.scores.get("epoch"), written)
    notes = tuple(_notes(looked, epochs, written))
    drawn = Drawn(str(path), gold.source, diagnostics, looked.places, epochs, plots, notes)
    _write(drawn, folder)
    return drawn


def _refuse_other_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError("this is a file, and plots go into a folder", where=str(folder), fix="name another with --plots")
    others = sorted(each.name for each in folder.iterdir() if each.name not in WRITTEN) if folder.exists() else []
    if others:
        raise UsageError(
            f"the folder holds {others[0]}, which is none of the plots",
            where=str(folder),
            fix="name an empty folder with --plots, or a new one",
        )


def _types_told(restored: "RestoredModel", path: Path) -> tuple[str, ...]:
    """The types in the order of the model's probabilities."""
    from cnerkit.nn.protocols import TellsTypes

    types = restored.model.told_types if isinstance(restored.model, TellsTypes) else ()
    if not types:
        raise UsageError(
            f"the {restored.origin.model!r} of this checkpoint does not tell how probable each type is for a given span",
            where=str(path),
            fix="leave --plots out, or give a checkpoint of sng, sng_typing or a tagger such as bert_crf",
        )
    return types


def _looked_at(
    restored: "RestoredModel",
    sentences: Sequence[Sentence],
    types: Sequence[str],
    *,
    batch_tokens: int | None,
    precision: "Precision",
) -> _Looked:
    """What the model gives the classes of each gold entity that it can be asked about."""
    from cnerkit.engine.devices import prediction_batch
    from cnerkit.engine.typing_spans import type_probabilities_in

    asked, others = _divided(restored, sentences, types)
    found = type_probabilities_in(
        restored.model,
        sentences,
        [[(entity.start, entity.end) for entity in entities] for entities in asked],
        batch_tokens=batch_tokens or prediction_batch(restored.device),
        device=restored.device,
        precision=precision,
    )
    every = [
        (sentence.id, entity, row)
        for sentence, entities, rows in zip(sentences, asked, found, strict=True)
        for entity, row in zip(entities, rows, strict=True)
    ]
    told = [(name, entity, row) for name, entity, row in every if row is not None]
    others["longer than the text that the model sees around it"] += len(every) - len(told)
    return _Looked(
        tuple((name, entity.start, entity.end) for name, entity, _ in told),
        tuple(types.index(entity.type) for _, entity, _ in told),
        tuple(row for *_, row in told),
        others,
    )


def _divided(
    restored: "RestoredModel", sentences: Sequence[Sentence], types: Sequence[str]
) -> tuple[list[list[Entity]], Counter[str]]:
    """The gold entities of each sentence that the model can be asked about, and the number of others by reason."""
    from cnerkit.nn.protocols import LimitsSpans

    others: Counter[str] = Counter()
    longest = restored.model.max_length if isinstance(restored.model, LimitsSpans) else None
    asked: list[list[Entity]] = []
    for sentence in sentences:
        asked.append([])
        for entity in sorted(sentence.entities or ()):
            if entity.type not in types:
                others["of a type that the model does not know"] += 1
            elif not entity.is_contiguous:
                others["discontinuous"] += 1
            elif longest is not None and entity.end - entity.start > longest:
                others[f"longer than the spans of at most {longest} tokens that the model looks at"] += 1
            else:
                asked[-1].append(entity)
    return asked, others


def _notes(looked: _Looked, epochs: Sequence[EpochRecord], written: Lettering) -> Iterator[str]:
    for reason, count in looked.others.items():
        if count:
            yield f"{counted(count, 'entity', ' of the gold')} left out of the plots: {reason}"
    if not epochs:
        yield "there is no plot of the loss: beside the checkpoint lies no log of a run"
    if written.numbered:
        key = ", ".join(f"{written.word(type_)} {type_}" for type_ in written.types)
        yield f"no font here has the letters of all types, so plots show their numbers: {key}"


def _write(drawn: Drawn, folder: Path) -> None:
    with whole_folder(folder, replace=True) as place:
        for plot in drawn.plots:
            (place / f"{plot.name}.png").write_bytes(plot.png)
        numbers = json.dumps(drawn.to_json(), ensure_ascii=False, indent=1, allow_nan=False)
        (place / NUMBERS).write_text(f"{numbers}\n", encoding="utf-8", newline="\n")
