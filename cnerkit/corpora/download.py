"""The files and folders of a dataset on this machine: those that are here, else brought by a verified download."""

import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cnerkit.corpora.catalogue import Dataset, Identity, Published, Source
from cnerkit.corpora.identity import agree, identify_as, identify_files, is_published, name_as, published_size
from cnerkit.corpora.places import cache_folder, find_file, places
from cnerkit.corpora.transfer import Transfer, TransferError, WrongContentError
from cnerkit.corpora.tree import PACKED, files_in_repository, pack
from cnerkit.errors import CnerkitError, DataError, MissingError


def locate(dataset: Dataset, split: str, *, data_dir: Path | None = None, download: bool = True) -> Path:
    """What a split is read from: a file, an archive or a folder, downloaded when it is nowhere.

    A file that is there must have the published size, which is known without reading it; its hash is checked when it is
    downloaded and by ``cnerkit data verify``. Of a folder every file is checked.

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
    return locate_file(dataset, dataset.split(split).file, data_dir=data_dir, download=download)


def locate_file(dataset: Dataset, file: Published, *, data_dir: Path | None = None, download: bool = True) -> Path:
    """A file or a folder of a dataset, as ``locate`` finds that of a split; raises the same errors."""
    path = find_file(dataset, file, data_dir)
    if path:
        if not _may_be(file, path):
            raise another_file(dataset, file, path)
        return path
    if download and file.sources and not dataset.own_copy:
        return _fetch(dataset, file, data_dir)
    raise missing_file(dataset, file, data_dir)


def locate_articles(
    dataset: Dataset, split: str, *, data_dir: Path | None = None, download: bool = True
) -> frozenset[str] | None:
    """The ids of the documents that belong to a split; None when all do.

    Raises:
        MissingError: The list is nowhere and cannot be had.
        DataError: What is there is another file.
    """
    listed = dataset.split(split).articles
    if listed is None:
        return None
    path = locate_file(dataset, listed, data_dir=data_dir, download=download)
    if not is_published(listed, path):
        raise another_file(dataset, listed, path)
    return frozenset(path.read_text(encoding="utf-8").split())


def _may_be(file: Published, path: Path) -> bool:
    known = file.identity
    if not file.is_folder and known.bytes in (None, published_size(path, unpack=not file.is_gzip)):
        return True
    return agree(identify_as(file, path), known)


def another_file(dataset: Dataset, file: Published, path: Path) -> DataError:
    """The error for what lies where a file of a dataset should but is not it; it names the known version that it is."""
    return DataError(
        f"this is not {_called(dataset, file)}: {describe_other(file, path)}",
        where=str(path),
        fix="remove it and run `cnerkit data get`, or give this path instead of the name to use it as it is",
    )


def describe_other(file: Published, path: Path) -> str:
    """What lies where a file or folder should but is not it, in words: a known version, or its size."""
    if known := name_as(file, path):
        return f"it is {known}"
    if file.is_folder:
        return _unknown_folder(identify_as(file, path), file.identity)
    return f"its {published_size(path, unpack=not file.is_gzip)} bytes are no version that is known"


def _unknown_folder(actual: Identity, known: Identity) -> str:
    return f"its {actual.files} files of {actual.bytes} bytes are not the {known.files} of {known.bytes} that are published"


def missing_file(dataset: Dataset, file: Published, data_dir: Path | None, reason: str = "") -> MissingError:
    """The error for a file that is nowhere: where it was looked for, why it could not be brought, and how to get it."""
    looked = ", ".join(f"{place.folder} ({place.setting})" for place in places(dataset, data_dir))
    because = f"; {reason}" if reason else ""
    what = f"{_called(dataset, file)} is not here: looked for {file.path} in {looked}{because}"
    return MissingError(
        what, fix=_ways(dataset, file, data_dir, "try again" if reason else f"run `{_get_command(dataset, file)}`")
    )


def _called(dataset: Dataset, file: Published) -> str:
    """What messages call a file: the split that it is, or what several splits need."""
    splits = [name for name, split in dataset.splits.items() if split.file == file]
    return dataset.called(splits[0]) if len(splits) == 1 else f"{file.name} of {dataset.name}"


def _get_command(dataset: Dataset, file: Published) -> str:
    splits = [name for name, split in dataset.splits.items() if file in split.files]
    only = f" --split {splits[0]}" if len(splits) == 1 else ""
    return f"cnerkit data get {dataset.name}{only}"


def _ways(dataset: Dataset, file: Published, data_dir: Path | None, first: str) -> str:
    """What to do first, or how to get a file by hand: from which address, to which path."""
    folder = places(dataset, data_dir)[0].folder
    if dataset.packaged:
        return "install cnerkit again: a file of the package has gone"
    if dataset.own_copy or not file.sources:
        every = ", ".join(each.path for each in dataset.files)
        return f"{dataset.licence} Put your own copy in {folder} as {every}. {dataset.note}"
    source = file.sources[0]
    if file.is_folder:
        return f"{first}, or unpack {source.path} of {source.archive_url()} as {folder / file.path}"
    return f"{first}, or save {source.url()} as {folder / file.path}"


def _fetch(dataset: Dataset, file: Published, data_dir: Path | None) -> Path:
    """Download a file or a folder into the cache, from the first address that has it; a folder stays packed."""
    asked = addresses(file)
    if not asked:
        raise missing_file(dataset, file, data_dir, "nothing is downloaded while CNERKIT_OFFLINE is set")
    target = cache_folder() / dataset.folder / (f"{file.path}{PACKED[0]}" if file.is_folder else file.path)
    try:
        with _alone(target):
            failures = {} if target.is_file() else _try_each(asked, target, file)
    except OSError as error:
        raise _unwritable(target.parent, error) from error
    if target.is_file():
        return target
    reason = "; ".join(f"{url}: {error}" for url, error in failures.items())
    if any(isinstance(error, WrongContentError) for error in failures.values()):
        what = f"what was offered is not {_called(dataset, file)}: {reason}"
        raise DataError(what, fix=_ways(dataset, file, data_dir, "try another CNERKIT_MIRROR"))
    raise missing_file(dataset, file, data_dir, reason)


def _try_each(asked: Mapping[str, Source], target: Path, file: Published) -> dict[str, TransferError]:
    """Ask one address after the other until one has given the file; what was wrong with those before it."""
    failures: dict[str, TransferError] = {}
    for url, source in asked.items():
        try:
            if file.is_folder:
                _download_folder(url, target, file, source.path)
            else:
                _download(url, target, file)
        except TransferError as error:
            failures[url] = error
        else:
            break
    return failures


def addresses(file: Published) -> Mapping[str, Source]:
    """Where a file is asked for, in this order, and as what: below ``$CNERKIT_MIRROR``, then where it is published.

    The mirror is the beginning of an address, ``file://`` included, or a folder; each file lies in it at
    ``<repository>/<commit>/<path>``, and for a folder the whole repository at ``<repository>/<commit>.tar.gz``. With
    ``CNERKIT_OFFLINE=1`` only a mirror on this machine is asked.
    """
    roots: list[str | None] = [None]
    if mirror := os.environ.get("CNERKIT_MIRROR"):
        roots.insert(0, mirror if "://" in mirror else Path(mirror).expanduser().absolute().as_uri())
    asked = {
        source.archive_url(root) if file.is_folder else source.url(root): source for root in roots for source in file.sources
    }
    if os.environ.get("CNERKIT_OFFLINE", "0") not in ("", "0"):
        return {url: source for url, source in asked.items() if url.startswith("file://")}
    return asked


def _download(url: str, target: Path, file: Published) -> None:
    """One file from one address: received and checked in a folder of its own, then moved under its name in one step."""
    work = _work_folder(target)
    transfer = Transfer(work / f"{target.name}.part", file.identity.bytes, lambda path: _refuse(path, file))
    known_hash = f"sha256:{file.identity.sha256}" if file.identity.sha256 else None
    _retrieve(url, known_hash, work / target.name, transfer).replace(target)
    shutil.rmtree(work)


def _download_folder(url: str, target: Path, file: Published, folder: str) -> None:
    """One folder from the archive of its repository: received, checked, and packed anew without the rest."""
    known, work = file.identity, _work_folder(target)
    assert known.bytes is not None, "the catalogue knows how large a folder is"
    size = known.bytes

    def refuse(archive: Path) -> str | None:
        try:
            actual = identify_files(files_in_repository(archive, folder, size))
        except DataError as error:
            return error.what
        return None if agree(actual, known) else _unknown_folder(actual, known)

    transfer = Transfer(work / f"{target.name}.part", None, refuse)
    archive = _retrieve(url, None, work / f"whole-{target.name}", transfer)
    packed = work / target.name
    pack(files_in_repository(archive, folder, size), file.name, packed)
    packed.replace(target)
    shutil.rmtree(work)


def _retrieve(url: str, known_hash: str | None, path: Path, transfer: Transfer) -> Path:
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    return Path(pooch.retrieve(url, known_hash, fname=path.name, path=path.parent, downloader=transfer))


def _refuse(path: Path, file: Published) -> str | None:
    """Why a received file is not the published one, or None when it is."""
    return None if agree(identify_as(file, path), file.identity) else describe_other(file, path)


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
