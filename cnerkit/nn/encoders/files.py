"""Where the files of a pretrained encoder are: a local folder, the hub's cache, or the hub."""

import contextlib
import difflib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cnerkit.errors import DataError, MissingError, RecipeError
from cnerkit.nn.encoders.vocabulary import read_json

WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
"""Files that hold the weights or list the files that do, the best first."""

VOCABULARIES = ("vocab.txt", "tokenizer.json")

_NEEDED = "config.json, vocab.txt and model.safetensors (or pytorch_model.bin)"

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?", re.ASCII)

_WELL_KNOWN = (
    "bert-base-chinese",
    "google-bert/bert-base-chinese",
    "hfl/chinese-bert-wwm-ext",
    "hfl/chinese-roberta-wwm-ext",
    "hfl/chinese-roberta-wwm-ext-large",
    "hfl/chinese-macbert-base",
    "hfl/chinese-macbert-large",
    "hfl/chinese-electra-180g-base-discriminator",
    "nghuyong/ernie-3.0-base-zh",
)


def encoder_folder(path: str, revision: str | None) -> Path:
    """The folder with an encoder's configuration, vocabulary and weights, downloaded first when it is a name on the hub.

    What the hub's cache has whole is used as it is, without asking the hub whether there is something newer. The hub's own
    variables apply: ``HF_ENDPOINT``, ``HF_HUB_OFFLINE``, ``HF_HOME``, ``HF_TOKEN``; and ``CNERKIT_OFFLINE``.

    Raises:
        MissingError: Nothing is there, or something is missing from it; says where it looked.
        RecipeError: A local folder was given with a revision.
    """
    folder = Path(path).expanduser()
    if folder.is_dir():
        if revision is not None:
            raise RecipeError(f"a folder has no revision {revision!r}", where=path, fix="leave encoder.revision out")
        refuse_incomplete(folder)
        return folder
    if folder.exists():
        raise MissingError(
            "this is a file, not the folder of an encoder", where=path, fix=f"give the folder that holds {_NEEDED}"
        )
    if not _HUB_NAME.fullmatch(path):
        raise MissingError(
            f"there is no encoder: {folder.absolute()} does not exist, and no model on the hub can have this name",
            where=path,
            fix=f"give the folder that holds {_NEEDED}, or a name such as hfl/chinese-roberta-wwm-ext",
        )
    offline = os.environ.get("CNERKIT_OFFLINE", "0") not in ("", "0")
    with contextlib.suppress(MissingError):
        return _Hub(path, revision, cache_only=True).snapshot()
    return _Hub(path, revision, cache_only=offline).snapshot()


def refuse_incomplete(folder: Path) -> None:
    """Refuse a folder that lacks the configuration, the vocabulary or the weights.

    Raises:
        MissingError: Names what is missing and what is there instead.
    """
    for wanted in (("config.json",), VOCABULARIES, WEIGHTS):
        if not any((folder / name).is_file() for name in wanted):
            there = ", ".join(sorted(entry.name for entry in folder.iterdir())[:12]) or "nothing"
            raise MissingError(
                f"the encoder has no {_listed(wanted)}; there is: {there}",
                where=str(folder),
                fix=f"a folder needs {_NEEDED}; where there is a network, run: hf download NAME --local-dir {folder}",
            )


@dataclass(frozen=True, slots=True)
class _Hub:
    """One model on the hub at one revision, seen through the cache of huggingface_hub; ``cache_only`` when it is not asked."""

    name: str
    revision: str | None
    cache_only: bool

    def snapshot(self) -> Path:
        """The folder in the cache with all files that an encoder needs, of the commit that the configuration is from."""
        folder = self.first_of(("config.json",)).parent
        pinned = replace(self, revision=folder.name)
        pinned.first_of(VOCABULARIES, folder)
        with contextlib.suppress(MissingError):
            pinned.first_of(("tokenizer_config.json",), folder)
        weights = pinned.first_of(WEIGHTS, folder)
        if weights.name.endswith(".index.json"):
            for part in _parts(weights):
                pinned.first_of((part,))
        return folder

    def first_of(self, names: Sequence[str], folder: Path | None = None) -> Path:
        """The first of the files that the model has, not asking for others when one is in its folder in the cache already."""
        from huggingface_hub.errors import EntryNotFoundError

        failures = []
        for name in sorted(names, key=lambda name: folder is not None and not (folder / name).exists()):
            try:
                return self._fetch(name)
            except EntryNotFoundError as error:
                failures.append(error)
        raise self._missing(failures[0], _listed(names)) from failures[0]

    def _fetch(self, name: str) -> Path:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import EntryNotFoundError

        try:
            return Path(hf_hub_download(self.name, name, revision=self.revision, local_files_only=self.cache_only))
        except EntryNotFoundError:
            raise
        except Exception as error:  # of whichever HTTP library its version uses
            raise self._missing(error, name) from error

    def _missing(self, error: Exception, file: str) -> MissingError:
        """What a user can do about a file that did not come."""
        from huggingface_hub import constants

        near = difflib.get_close_matches(self.name, _WELL_KNOWN, n=1, cutoff=0.8)
        hint = f"did you mean {near[0]}? Else, " if near and near[0] != self.name else ""
        places = f"the folder {Path(self.name).absolute()}, in the cache {constants.HF_HUB_CACHE} and at {constants.ENDPOINT}"
        return MissingError(
            f"the encoder {self.name} is not here: {self._reason(error, file)}; looked in {places}",
            fix=f"{hint}check the name; where there is a network, run: hf download {self.name} --local-dir DIR, and give "
            f"DIR as the encoder (it needs {_NEEDED}); HF_ENDPOINT names a mirror",
        )

    def _reason(self, error: Exception, file: str) -> str:
        from huggingface_hub import constants, errors

        if self.cache_only or constants.HF_HUB_OFFLINE:
            unasked = f"{'HF_HUB_OFFLINE' if constants.HF_HUB_OFFLINE else 'CNERKIT_OFFLINE'} is set"
        else:
            unasked = f"{constants.ENDPOINT} did not answer as it should{_in_brackets(error.__cause__)}"
        reasons = {
            errors.LocalEntryNotFoundError: f"{unasked} and the cache has no {file}",
            errors.EntryNotFoundError: f"the model has no {file}",
            errors.GatedRepoError: "its owner must grant access, and HF_TOKEN must say who you are",
            errors.RepositoryNotFoundError: "there is no model of that name, or it is private and HF_TOKEN does not open it",
            errors.RevisionNotFoundError: f"it has no revision {self.revision!r}",
            Exception: f"{file} could not be downloaded{_in_brackets(error)}",
        }
        return next(reason for kind, reason in reasons.items() if isinstance(error, kind))


def _parts(index: Path) -> list[str]:
    """The files that an index of weights lists."""
    places = read_json(index).get("weight_map")
    names = set(map(str, places.values())) if isinstance(places, dict) else set()
    if not names:
        raise DataError("the index lists no file of weights", where=str(index), fix="take another encoder, or another revision")
    return sorted(names)


def _in_brackets(error: BaseException | None) -> str:
    """The kind of an error and the first line that it says."""
    first_line = (str(error).splitlines() or [""])[0]
    return f" ({type(error).__name__}: {first_line})" if error else ""


def _listed(names: Sequence[str]) -> str:
    """The names that a user should know of, for a message."""
    return " or ".join(name for name in names if not name.endswith(".index.json"))
