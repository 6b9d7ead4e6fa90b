"""How a split of the catalogue is read, once it is known where it lies."""

from dataclasses import replace
from pathlib import Path

from cnerkit.corpora.catalogue import Dataset
from cnerkit.corpora.download import locate_articles
from cnerkit.corpora.places import member_pattern
from cnerkit.workflows.read_options import ReadOptions, options_of


def split_options(
    dataset: Dataset, split: str, path: Path, *, data_dir: Path | None = None, download: bool = True
) -> ReadOptions:
    """How a split is read so that it gives the published counts.

    Args:
        dataset: What a name of the catalogue stands for.
        split: One of its splits.
        path: The file, archive or folder that was found for it.
        data_dir: A folder with one sub-folder per dataset, looked into first for the list of its articles.
        download: Whether to fetch that list when it is nowhere.

    Raises:
        MissingError: The list of its articles is nowhere and cannot be had.
        DataError: What lies in the place of the list is another file.
    """
    options = options_of(dataset)
    articles = locate_articles(dataset, split, data_dir=data_dir, download=download)
    hints = replace(options.hints, articles=articles)
    return replace(options, member=member_pattern(dataset.splits[split], path), part=dataset.splits[split].part, hints=hints)
