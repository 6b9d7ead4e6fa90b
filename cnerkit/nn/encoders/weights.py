"""A pretrained encoder from its folder."""

import contextlib
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cnerkit.errors import DataError, MissingError, RecipeError
from cnerkit.nn.encoders.architecture import Architecture, architecture_from
from cnerkit.nn.encoders.bert import BertEncoder, Pooling
from cnerkit.nn.encoders.files import WEIGHTS, encoder_folder
from cnerkit.nn.encoders.vocabulary import read_json, read_vocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_LFS_POINTER = b"version https://git-lfs"
_AGAIN = "download the encoder again: the weights and the config.json of the same encoder"


def pretrained_bert(path: str, *, revision: str | None, pooling: Pooling, overlap: int, layers: int = 1) -> BertEncoder:
    """A BERT-like encoder with its pretrained weights, in float32.

    Args:
        path: A local folder, or a name on the hub.
        revision: Which version on the hub; None for the one in the cache, or else the newest.
        pooling: How a word's pieces become one vector.
        overlap: Tokens that neighbouring windows of a long sentence share.
        layers: How many of the last layers' hidden states are averaged.

    Raises:
        MissingError: The encoder, or a part of its weights, is not there.
        RecipeError: It is an encoder of another kind, or has fewer layers.
        DataError: Its files are damaged or do not fit together.
    """
    folder = encoder_folder(path, revision)
    file = folder / "config.json"
    architecture = architecture_from(read_json(file), where=str(file))
    vocabulary = read_vocabulary(folder)
    try:
        bert = _load(folder, architecture)
        return BertEncoder(bert, architecture, vocabulary, pooling=pooling, overlap=overlap, layers=layers)
    except (DataError, RecipeError) as error:
        raise type(error)(error.what, where=error.where or str(folder), fix=error.fix) from error


def _load(folder: Path, architecture: Architecture) -> "PreTrainedModel":
    import safetensors
    import transformers

    _refuse_pointer(folder)
    keywords = {"add_pooling_layer": False} if architecture.family.has_pooler else {}
    read = getattr(transformers, architecture.family.model).from_pretrained
    config = architecture.config()
    try:
        with _quiet():
            model, report = read(
                folder, config=config, local_files_only=True, trust_remote_code=False, output_loading_info=True, **keywords
            )
    except OSError as error:
        raise MissingError(
            f"the encoder's weights cannot be read: {_first_line(error)}", where=str(folder), fix=_AGAIN
        ) from error
    except (RuntimeError, ValueError, LookupError, pickle.UnpicklingError, safetensors.SafetensorError) as error:
        raise DataError(f"the encoder's weights are damaged: {_first_line(error)}", where=str(folder), fix=_AGAIN) from error
    if missing := sorted(report["missing_keys"]):
        raise MissingError(
            f"the encoder's weights lack {len(missing)} of the tensors that config.json asks for, such as {missing[0]}",
            where=str(folder),
            fix=_AGAIN,
        )
    whole: PreTrainedModel = model.float()
    return whole


def _refuse_pointer(folder: Path) -> None:
    for name in WEIGHTS:
        file = folder / name
        if file.is_file():
            with file.open("rb") as opened:
                head = opened.read(len(_LFS_POINTER))
            if head == _LFS_POINTER:
                raise MissingError("only a pointer to the weights, not the weights", where=str(file), fix="run: git lfs pull")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No progress bar, and no word about weights that a tagger has no use for, such as the masked-language-model head."""
    from transformers.utils import logging

    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()
