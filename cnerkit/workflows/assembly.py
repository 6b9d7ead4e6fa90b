"""What a recipe names, brought together before the first step: corpus, task, encoder and model."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cnerkit import registry
from cnerkit.engine.capacity import capacity_of
from cnerkit.engine.checkpoint import Origin
from cnerkit.engine.pieces import Pieces, divided
from cnerkit.engine.processes import by_first_process
from cnerkit.engine.progress import Observer, Silent
from cnerkit.engine.seeds import seed_everything
from cnerkit.nn.encoders import new_encoder
from cnerkit.recipe.schema import Recipe
from cnerkit.workflows.corpus import Corpus, load_corpus
from cnerkit.workflows.preparing import prepared as prepared_for
from cnerkit.workflows.suitability import refuse_unsupported, task_of

if TYPE_CHECKING:
    from accelerate import Accelerator

    from cnerkit.nn.protocols import Model


@dataclass(frozen=True, slots=True)
class Assembly:
    """A corpus and a model that fit together, where the model comes from, and train as it can afford it."""

    corpus: Corpus
    model: "Model"
    origin: Origin
    train: Pieces


def assemble(recipe: Recipe, machine: "Accelerator", *, data_dir: Path | None, observer: Observer | None = None) -> Assembly:
    """Load the corpus and build the model, seeded by the recipe.

    Args:
        recipe: What to bring together.
        machine: The processes; the first loads the corpus for all, so that nothing is downloaded twice.
        data_dir: A folder with datasets, looked into first.
        observer: Told how far what the model learns from train before it is built is.

    Raises:
        CnerkitError: The corpus, the encoder or the model is not there, or they do not fit together.
    """
    spec = registry.get(recipe.model.name)
    corpus = by_first_process(machine, lambda: load_corpus(recipe.data, base=None, data_dir=data_dir))
    task = task_of(corpus.splits, corpus.hierarchy_separator)
    refuse_unsupported(spec, task, corpus.splits)
    seed = recipe.training.seed
    seed_everything(seed, "encoder")
    encoder = new_encoder(recipe.encoder, corpus.splits["train"])
    prepared = by_first_process(
        machine,
        lambda: prepared_for(
            spec,
            recipe.model.params,
            task=task,
            encoder=encoder,
            sentences=divided(corpus.splits["train"], recipe.training.max_tokens).sentences,
            device=machine.device,
            observer=observer or Silent(),
        ),
    )
    origin = Origin(
        recipe=recipe.resolved(),
        model=spec.name,
        params=recipe.model.params.model_dump(mode="json"),
        task=task,
        encoder=encoder.description(),
        prepared=prepared,
        fingerprint=corpus.fingerprint,
    )
    seed_everything(seed, "model")
    model = spec.build(recipe.model.params, task=task, encoder=encoder, prepared=prepared)
    train = divided(corpus.splits["train"], capacity_of(model).piece_tokens(recipe.training.max_tokens))
    return Assembly(corpus, model, origin, train)
