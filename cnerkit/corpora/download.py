"""Finding the file of a dataset: in the user's own folders, in the cache, or by a verified download."""

import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cnerkit.corpora.catalogue import Dataset, SplitFile
from cnerkit.corpora.identity import agree, identify, name_content, published_size
from cnerkit.corpora.transfer import Transfer, TransferError, WrongContentError
from cnerkit.errors import CnerkitError, DataError, MissingError, UsageError


@dataclass(frozen=True, slots=True)
class Place:
    """A folder where a dataset's files may lie, and the setting that says so."""

    folder: Path
    setting: str


def places(dataset: Dataset, data_dir: Path | None = None) -> tuple[Place, ...]:
    """Where a dataset is looked for, in this order: ``data_dir``, ``$CNERKIT_DATA``, the user's cache.

    The first two are folders with one sub-folder per dataset, called as the dataset is. What comes with the toolkit is only
    looked for there.

    Raises:
        UsageError: ``data_dir`` is not a folder.
    """
    if dataset.packaged:
        return (Place(Path(__file__).parent / dataset.name, "part of cnerkit"),)
    found = []
    if data_dir is not None:
        if not data_dir.is_dir():
            raise UsageError(f"there is no folder {data_dir}", fix="name a folder with one sub-folder per dataset")
        found.append(Place(data_dir / dataset.name, "--data-dir"))
    if own := os.environ.get("CNERKIT_DATA"):
        found.append(Place(Path(own).expanduser() / dataset.name, "$CNERKIT_DATA"))
    return (*found, Place(cache_folder() / dataset.name, "cache"))


def cache_folder() -> Path:
    """Where downloaded datasets are kept: below ``$CNERKIT_CACHE``, or the place that the system has for such files."""
    if own := os.environ.get("CNERKIT_CACHE"):
        return Path(own).expanduser() / "datasets"
    from platformdirs import user_cache_path

    return user_cache_path("cnerkit") / "datasets"


def find_local(dataset: Dataset, split: str, data_dir: Path | None = None) -> Path | None:
    """The first file that is there for a split, as published or gzipped, or None. Its content is not looked at."""
    file = dataset.split(split).file
    for place in places(dataset, data_dir):
        for path in (place.folder / file, place.folder / f"{file}.gz"):
            if _is_file(path):
                return path
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:
        return False


def locate(dataset: Dataset, split: str, *, data_dir: Path | None = None, download: bool = True) -> Path:
    """The file of a split, downloaded when it is nowhere.

    A file that is there must have the published size, which is known without reading it; its hash is checked when it is
    downloaded and by ``cnerkit data verify``.

    Args:
        dataset: What a name of the catalogue stands for.
        split: Such as ``train``.
        data_dir: A folder with one sub-folder per dataset, looked at first.
        download: Whether to fetch a file that is nowhere.

    Raises:
        UsageError: The dataset has no such split, or ``data_dir`` is not a folder.
        MissingError: The file is nowhere and cannot be had; the message says where it was looked for and how to get it.
        DataError: The file that is there, or all that was offered, is another one.
    """
    path = find_local(dataset, split, data_dir)
    if path:
        known = dataset.split(split).identity
        if known.bytes is not None and published_size(path) != known.bytes and not agree(identify(path), known):
            raise another_file(dataset, split, path)
        return path
    if download and dataset.split(split).sources:
        return _fetch(dataset, split, data_dir)
    raise missing_file(dataset, split, data_dir)


def another_file(dataset: Dataset, split: str, path: Path) -> DataError:
    """The error for a file that lies where a split should but is not it; it names the known version that the file is."""
    known = name_content(path)
    is_ = f"it is {known}" if known else f"its {published_size(path)} bytes are no version that is known"
    return DataError(
        f"this is not {dataset.name} {split}: {is_}",
        where=str(path),
        fix="remove it and run `cnerkit data get`, or give this path instead of the name to use it as it is",
    )


def missing_file(dataset: Dataset, split: str, data_dir: Path | None, reason: str = "") -> MissingError:
    """The error for a split that is nowhere: where it was looked for, why it could not be brought, and how to get it."""
    file = dataset.splits[split].file
    looked = ", ".join(f"{place.folder} ({place.setting})" for place in places(dataset, data_dir))
    because = f"; {reason}" if reason else ""
    what = f"{dataset.name} {split} is not here: looked for {file} in {looked}{because}"
    first = "try again" if reason else f"run `cnerkit data get {dataset.name} --split {split}`"
    return MissingError(what, fix=_ways(dataset, split, data_dir, first))


def _ways(dataset: Dataset, split: str, data_dir: Path | None, first: str) -> str:
    """What to do first, or how to get a file by hand: from which address, to which path."""
    file, folder = dataset.splits[split], places(dataset, data_dir)[0].folder
    if dataset.packaged:
        return "install cnerkit again: a file of the package has gone"
    if not file.sources:
        every = ", ".join(each.file for each in dataset.splits.values())
        return f"{dataset.licence} Put your own copy in {folder} as {every}. {dataset.note}"
    return f"{first}, or save {file.sources[0].url()} as {folder / file.file}"


def _fetch(dataset: Dataset, split: str, data_dir: Path | None) -> Path:
    """Download a split into the cache, from the first address that has it."""
    file = dataset.splits[split]
    urls = addresses(file)
    if not urls:
        raise missing_file(dataset, split, data_dir, "nothing is downloaded while CNERKIT_OFFLINE is set")
    target = cache_folder() / dataset.name / file.file
    try:
        with _alone(target):
            failures = {} if target.is_file() else _try_each(urls, target, file)
    except OSError as error:
        raise _unwritable(target.parent, error) from error
    if target.is_file():
        return target
    reason = "; ".join(f"{url}: {error}" for url, error in failures.items())
    if any(isinstance(error, WrongContentError) for error in failures.values()):
        what = f"what was offered is not {dataset.name} {split}: {reason}"
        raise DataError(what, fix=_ways(dataset, split, data_dir, "try another CNERKIT_MIRROR"))
    raise missing_file(dataset, split, data_dir, reason)


def _try_each(urls: Sequence[str], target: Path, file: SplitFile) -> dict[str, TransferError]:
    """Ask one address after the other until one has given the file; what was wrong with those before it."""
    failures: dict[str, TransferError] = {}
    for url in urls:
        try:
            _download(url, target, file)
        except TransferError as error:
            failures[url] = error
        else:
            break
    return failures


def addresses(file: SplitFile) -> tuple[str, ...]:
    """Where a file is asked for, in this order: below ``$CNERKIT_MIRROR``, then where it is published.

    The mirror is the beginning of an address, ``file://`` included, or a folder; each file lies in it at
    ``<repository>/<commit>/<path>``. With ``CNERKIT_OFFLINE=1`` only a mirror on this machine is asked.
    """
    urls = [source.url() for source in file.sources]
    if mirror := os.environ.get("CNERKIT_MIRROR"):
        root = mirror if "://" in mirror else Path(mirror).expanduser().absolute().as_uri()
        urls = [*(source.url(root) for source in file.sources), *urls]
    if os.environ.get("CNERKIT_OFFLINE", "0") not in ("", "0"):
        urls = [url for url in urls if url.startswith("file://")]
    return tuple(urls)


def _download(url: str, target: Path, file: SplitFile) -> None:
    """One file from one address: received and checked in a folder of its own, then moved under its name in one step."""
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    work = _work_folder(target)
    transfer = Transfer(work / f"{target.name}.part", file.identity.bytes, lambda path: _refuse(path, file))
    known_hash = f"sha256:{file.identity.sha256}" if file.identity.sha256 else None
    complete = pooch.retrieve(url, known_hash, fname=target.name, path=work, downloader=transfer)
    Path(complete).replace(target)
    shutil.rmtree(work)


def _refuse(path: Path, file: SplitFile) -> str | None:
    """Why a received file is not the published one, or None when it is."""
    actual = identify(path)
    if agree(actual, file.identity):
        return None
    known = name_content(path)
    return f"it is {known}" if known else f"its {actual.bytes} bytes are no version that is known"


def _work_folder(target: Path) -> Path:
    """Where a download is kept until it is complete, out of the way of everything that looks for the file."""
    return target.parent / ".incoming" / target.name


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Keep other processes from downloading the same file; the system takes the lock back from one that was killed."""
    import filelock

    work = _work_folder(target)
    work.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(work.with_name(f"{target.name}.lock"))
    try:
        lock.acquire(timeout=1.0)
    except filelock.Timeout:
        logging.getLogger(__name__).warning("waiting for another process that downloads %s", target.name)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _unwritable(folder: Path, error: OSError) -> CnerkitError:
    what = f"cannot keep the download: {error.strerror or error}"
    return CnerkitError(what, where=str(folder), fix="point CNERKIT_CACHE at a folder that you may write to and that has room")
