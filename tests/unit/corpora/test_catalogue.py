"""The catalogue's entries are complete, agree with themselves, and cost nothing to read."""

import re
import subprocess
import sys
from itertools import chain

import pytest

from cnerkit.corpora.catalogue import Counts, Identity, Source, SplitFile, every_version, find, names
from cnerkit.errors import UsageError
from cnerkit.text import TypeHierarchy

EVERY_SPLIT = [pytest.param(find(name), split, id=f"{name}-{split}") for name in names() for split in find(name).splits]


def test_names_are_those_that_are_documented():
    assert names() == ["fine", "msra", "ontonotes4", "resume", "sample", "weibo", "weibo_v1"]


@pytest.mark.parametrize("name", names())
def test_entry_stands_under_its_own_name_with_title_licence_and_note(name):
    dataset = find(name)
    assert dataset.name == name
    assert all((dataset.title, dataset.licence, dataset.note))
    assert (dataset.scheme is None) == (dataset.format in {"jsonl", "cluener"})
    assert dataset.repair in {"strict", "conlleval", "drop"}


@pytest.mark.parametrize(("dataset", "split"), EVERY_SPLIT)
def test_counts_agree_with_themselves(dataset, split):
    counts = dataset.split(split).counts
    assert counts.sentences > 0
    if counts.per_type is not None:
        assert sum(counts.per_type.values()) == counts.entities
        assert set(counts.per_type) <= set(dataset.types)
        assert counts.tokens > counts.entities
    if counts.conlleval is not None:
        assert counts.conlleval >= counts.entities


@pytest.mark.parametrize(("dataset", "split"), EVERY_SPLIT)
def test_every_published_file_can_be_verified(dataset, split):
    file = dataset.split(split)
    assert bool(file.sources) == bool(file.identity.git_blob_sha1)
    assert re.fullmatch("[0-9a-f]{64}", file.identity.sha256 or "0" * 64)
    assert re.fullmatch("[0-9a-f]{40}", file.identity.git_blob_sha1 or "0" * 40)
    assert all(re.fullmatch("[0-9a-f]{40}", source.commit) for source in file.sources)


def test_no_type_of_dev_or_test_is_absent_from_a_counted_train():
    for dataset in map(find, names()):
        counted = {split: set(file.counts.per_type) for split, file in dataset.splits.items() if file.counts.per_type}
        assert set().union(*counted.values()) <= counted.get("train", set(dataset.types))


@pytest.mark.parametrize(
    ("name", "entities", "conlleval"),
    [
        pytest.param("weibo", [1885, 389, 414], [1895, 389, 418], id="weibo"),
        pytest.param("weibo_v1", [1370, 301, 310], [1391, 305, 320], id="weibo_v1"),
        pytest.param("resume", [13436, 1497, 1630], [13440, 1497, 1630], id="resume"),
        pytest.param("msra", [75059, 6190], [75059, 6190], id="msra"),
    ],
)
def test_orphan_tags_make_the_difference_between_the_two_counts_that_papers_print(name, entities, conlleval):
    counts = [file.counts for file in find(name).splits.values()]
    assert [count.entities for count in counts] == entities
    assert [count.conlleval for count in counts] == conlleval


def test_fine_has_the_54_types_of_its_paper_in_three_levels():
    dataset = find("fine")
    paths = [TypeHierarchy(dataset.hierarchy_separator).path(type_) for type_ in dataset.types]
    assert len(paths) == 54
    assert [sum(len(path) == depth for path in paths) for depth in (1, 2, 3)] == [1, 21, 32]
    assert [len({path[:depth] for path in paths if len(path) >= depth}) for depth in (1, 2, 3)] == [10, 29, 32]


def test_no_two_known_versions_share_a_hash():
    hashes = [
        (version.identity.sha256, version.identity.git_blob_sha1)
        for version in every_version()
        if version.identity.sha256 or version.identity.git_blob_sha1
    ]
    known = [hash_ for hash_ in chain.from_iterable(hashes) if hash_]
    assert len(set(known)) == len(known)


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        pytest.param("webo", "did you mean weibo or weibo_v1?", id="letter-missing"),
        pytest.param("Weibo", "did you mean weibo or weibo_v1?", id="capital"),
        pytest.param("ontonotes", "did you mean ontonotes4?", id="number-missing"),
        pytest.param("xyz", "choose from fine, msra, ontonotes4, resume, sample, weibo, weibo_v1", id="nothing-near"),
        pytest.param("../datasets/weibo", "choose from fine", id="path"),
    ],
)
def test_unknown_name_is_answered_with_the_nearest_ones(typed, advice):
    with pytest.raises(UsageError) as caught:
        find(typed)
    assert caught.value.what == f"no dataset is called {typed!r}"
    assert caught.value.fix.startswith(advice)


@pytest.mark.parametrize("file", ["../train.txt", "a/b", "/etc/passwd", "..", ".", "", "a\\b"])
def test_file_name_that_leads_out_of_its_folder_is_refused(file):
    with pytest.raises(ValueError, match="is not a plain file name"):
        SplitFile(file, Identity(), (), Counts())


def test_address_is_repository_commit_and_encoded_path():
    source = Source("OYE93/Chinese-NLP-Corpus", "e9bb5b5", "NER/People's Daily/example.dev")
    path = "OYE93/Chinese-NLP-Corpus/e9bb5b5/NER/People%27s%20Daily/example.dev"
    assert source.url() == f"https://raw.githubusercontent.com/{path}"
    assert source.url("file:///srv/mirror/") == f"file:///srv/mirror/{path}"


def test_reading_the_catalogue_and_finding_local_files_loads_nothing_heavy(tmp_path):
    script = """
import sys
from pathlib import Path
from cnerkit.corpora import catalogue, download
for name in catalogue.names():
    for split in catalogue.find(name).splits:
        download.find_local(catalogue.find(name), split, Path(sys.argv[1]))
print(sorted({"torch", "transformers", "numpy", "pydantic", "pooch", "requests", "filelock", "tqdm"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
