"""The catalogue's entries are complete, agree with themselves, and cost nothing to read."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

from cnerkit.corpora import catalogue
from cnerkit.corpora.catalogue import Identity, Published, Source, every_version, find, names
from cnerkit.corpora.formats import FORMATS
from cnerkit.errors import UsageError
from cnerkit.text import TypeHierarchy

DOCUMENTED = [
    "anercorp",
    "cadec",
    "cluener",
    "cmeee",
    "fine",
    "fine_devtest",
    "genia",
    "genia_cnn",
    "genia_iob2",
    "genia_w2ner",
    "germeval14",
    "harem_first",
    "harem_second",
    "harem_selective",
    "harem_total",
    "litbank",
    "litbank_brat",
    "msra",
    "msra_qfy",
    "msra_slash",
    "nerel",
    "ontonotes4",
    "people_daily",
    "resume",
    "sample",
    "weibo",
    "weibo_v1",
]
EVERY_SPLIT = [pytest.param(find(name), split, id=f"{name}-{split}") for name in names() for split in find(name).splits]


def test_names_are_those_that_are_documented():
    assert names() == DOCUMENTED


@pytest.mark.parametrize("name", names())
def test_entry_stands_under_its_own_name_with_title_licence_and_note(name):
    dataset = find(name)
    assert dataset.name == name
    assert all((dataset.title, dataset.licence, dataset.note))
    assert (dataset.scheme is not None) == FORMATS[dataset.format].has_tags
    assert dataset.repair in {"strict", "conlleval", "drop"}


@pytest.mark.parametrize(("dataset", "split"), EVERY_SPLIT)
def test_counts_agree_with_themselves(dataset, split):
    counts = dataset.split(split).counts
    assert counts.sentences is None or counts.documents is None
    assert (counts.entities is None) == (counts.per_type is None) or dataset.own_copy
    if counts.per_type is not None:
        assert sum(counts.per_type.values()) == counts.entities
        assert set(counts.per_type) <= set(dataset.types)
        assert counts.tokens > counts.entities
        assert counts.sentences or counts.documents
    if counts.conlleval is not None:
        assert counts.conlleval >= counts.entities


@pytest.mark.parametrize("name", names())
def test_every_published_file_can_be_verified(name):
    dataset = find(name)
    for file in dataset.files:
        known = file.identity
        assert bool(file.sources) == known.is_known
        assert bool(file.sources) != (dataset.own_copy or dataset.packaged) or name == "cadec"
        assert re.fullmatch("[0-9a-f]{64}", known.sha256 or "0" * 64)
        assert re.fullmatch("[0-9a-f]{40}", known.git_blob_sha1 or known.git_tree_sha1 or "0" * 40)
        assert file.is_folder == bool(known.files)
        assert known.bytes or not file.is_folder
        assert all(re.fullmatch("[0-9a-f]{40}", source.commit) for source in file.sources)


@pytest.mark.parametrize("name", names())
def test_no_file_is_described_that_no_split_needs(name):
    entry = json.loads((Path(catalogue.__file__).with_name("datasets") / f"{name}.json").read_text(encoding="utf-8"))
    assert set(entry["files"]) == {file.path for file in find(name).files}


def test_datasets_that_share_a_folder_share_no_file_by_chance():
    identities = {}
    for dataset in map(find, names()):
        for file in dataset.files:
            assert identities.setdefault((dataset.folder, file.path), file.identity) == file.identity


def test_no_type_of_dev_or_test_is_absent_from_a_counted_train():
    for dataset in map(find, names()):
        counted = {name: set(split.counts.per_type) for name, split in dataset.splits.items() if split.counts.per_type}
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
    counts = [split.counts for split in find(name).splits.values()]
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
        (version.identity.sha256, version.identity.git_blob_sha1, version.identity.git_tree_sha1) for version in every_version()
    ]
    known = [hash_ for hash_ in chain.from_iterable(hashes) if hash_]
    assert len(set(known)) == len(known)


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        pytest.param("webo", "did you mean weibo or weibo_v1?", id="letter-missing"),
        pytest.param("Weibo", "did you mean weibo or weibo_v1?", id="capital"),
        pytest.param("ontonotes", "did you mean ontonotes4?", id="number-missing"),
        pytest.param("qqq", f"choose from {', '.join(DOCUMENTED)}, or give the path of a file", id="nothing-near"),
        pytest.param("../datasets/weibo", "choose from anercorp", id="path"),
    ],
)
def test_unknown_name_is_answered_with_the_nearest_ones(typed, advice):
    with pytest.raises(UsageError) as caught:
        find(typed)
    assert caught.value.what == f"no dataset is called {typed!r}"
    assert caught.value.fix.startswith(advice)


@pytest.mark.parametrize("path", ["../train.txt", "a/../b", "/etc/passwd", "..", ".", "", "a//b", "a/", "a\\b", "a/.hidden"])
def test_path_that_could_lead_out_of_its_folder_is_refused(path):
    with pytest.raises(ValueError, match="is not a plain path, and could lead out of its folder"):
        Published(path, Identity())
    with pytest.raises(ValueError, match="is not a plain path"):
        replace(find("weibo"), folder=path)


def test_address_is_repository_commit_and_encoded_path():
    source = Source("OYE93/Chinese-NLP-Corpus", "e9bb5b5", "NER/People's Daily/example.dev")
    path = "OYE93/Chinese-NLP-Corpus/e9bb5b5/NER/People%27s%20Daily/example.dev"
    assert source.url() == f"https://raw.githubusercontent.com/{path}"
    assert source.url("file:///srv/mirror/") == f"file:///srv/mirror/{path}"
    assert source.archive_url() == "https://codeload.github.com/OYE93/Chinese-NLP-Corpus/tar.gz/e9bb5b5"
    assert source.archive_url("file:///srv/mirror/") == "file:///srv/mirror/OYE93/Chinese-NLP-Corpus/e9bb5b5.tar.gz"


@pytest.mark.parametrize(
    ("title", "counts"),
    [
        pytest.param("msra_slash test", (4365, 172601, 6181), id="MSRA-in-4365-sentences"),
        pytest.param("msra test", (3442, 172601, 6190), id="MSRA-in-3442-sentences"),
        pytest.param("people_daily dev, which some projects call MSRA", (2318, 109870, 3819), id="not-MSRA"),
        pytest.param("people_daily test, which some projects call MSRA", (4636, 219197, 7707), id="not-MSRA-either"),
    ],
)
def test_what_papers_call_msra_is_four_things(title, counts):
    (version,) = [version for version in every_version() if version.title == title]
    assert (version.counts.sentences, version.counts.tokens, version.counts.entities) == counts


def test_copies_that_papers_count_and_nobody_has_here_are_known_by_their_sentences():
    known = {version.title: version.counts.sentences for version in every_version()}
    assert known["msra_slash train"] == 46364
    assert known["people_daily train, which some projects call MSRA"] == 20864


def test_a_split_is_called_by_the_dataset_alone_where_there_is_no_other():
    assert find("litbank_brat").called("all") == "litbank_brat"
    assert find("weibo").called("dev") == "weibo dev"


def test_splits_of_genia_are_read_from_one_archive_by_the_published_lists():
    splits = find("genia").splits
    assert {split.file.path for split in splits.values()} == {"GENIAcorpus3.02.tgz"}
    assert [split.articles.path for split in splits.values()] == [
        f"cnn_nested_ner/splits/{name}.txt" for name in ("train", "dev", "test")
    ]


def test_reading_the_catalogue_and_finding_local_files_loads_nothing_heavy(tmp_path):
    script = """
import sys
from pathlib import Path
from cnerkit.corpora import catalogue, download, places
for name in catalogue.names():
    for split in catalogue.find(name).splits:
        places.find_local(catalogue.find(name), split, Path(sys.argv[1]))
print(sorted({"torch", "transformers", "numpy", "pydantic", "pooch", "requests", "filelock", "tqdm"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
