"""What a recipe names, brought together before the first step: corpus, task, encoder and model."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnerkit import registry
from cnerkit.engine.checkpoint import Origin, load_plain, save_plain
from cnerkit.engine.processes import by_first_process
from cnerkit.engine.seeds import seed_everything
from cnerkit.nn.encoders import new_encoder
from cnerkit.recipe.schema import Recipe
from cnerkit.recipe.writing import yaml_text
from cnerkit.registry import ModelSpec, Task
from cnerkit.workflows.corpus import Corpus, load_corpus
from cnerkit.workflows.suitability import refuse_unsupported, task_of

if TYPE_CHECKING:
    from accelerate import Accelerator

    from cnerkit.nn.protocols import Encoder, Model


@dataclass(frozen=True, slots=True)
class Assembly:
    """A corpus and a model that fit together, and where the model comes from."""

    corpus: Corpus
    model: "Model"
    origin: Origin


def assemble(recipe: Recipe, machine: "Accelerator", *, data_dir: Path | None, cache: Path | None) -> Assembly:
    """Load the corpus and build the model, seeded by the recipe.

    Args:
        recipe: What to bring together.
        machine: The processes; the first loads the corpus for all, so that nothing is downloaded twice.
        data_dir: A folder with datasets, looked into first.
        cache: Where what the model learns from train before it is built is kept for a resumed run; None keeps nothing.

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
    prepared = by_first_process(machine, lambda: _prepared(recipe, spec, task, encoder, corpus, cache))
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
    return Assembly(corpus, model, origin)


def _prepared(
    recipe: Recipe, spec: ModelSpec, task: Task, encoder: "Encoder", corpus: Corpus, cache: Path | None
) -> dict[str, Any] | None:
    """What the model learns from train before it is built, from the cache if it lies there."""
    if spec.prepare is None:
        return None
    source = {"fingerprint": corpus.fingerprint, "recipe": yaml_text(recipe.resolved())}
    if cache is not None and cache.exists():
        kept: dict[str, Any] = load_plain(cache)
        if kept["source"] == source:
            return kept["prepared"]  # type: ignore[no-any-return]
    seed_everything(recipe.training.seed, "prepare")
    prepared = spec.prepare(recipe.model.params, task=task, encoder=encoder, sentences=corpus.splits["train"])
    if cache is not None:
        save_plain(cache, {"source": source, "prepared": prepared})
    return prepared
