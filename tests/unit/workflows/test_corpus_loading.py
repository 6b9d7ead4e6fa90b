"""Whole corpora: own files and datasets, dev from elsewhere, types mapped, fingerprints."""

import hashlib
import re
from pathlib import Path

import pytest

from cnerkit.errors import DataError, MissingError, RecipeError, UsageError
from cnerkit.recipe.schema import DataSettings, DevFrom
from cnerkit.text import Entity, Fragment, Sentence
from cnerkit.workflows.corpus import choose, fingerprint, load_corpus, load_split
from cnerkit.workflows.types import TypeMap, parse_types

TRAIN = "李 B-NAME\n白 E-NAME\n爱 O\n\n长 B-LOC\n安 E-LOC\n\n酒 O\n\n杜 B-NAME\n甫 E-NAME\n"
DEV = "蜀 S-LOC\n道 O\n\n唐 S-DYN\n诗 O\n\n宋 S-DYN\n"


@pytest.fixture
def folder(tmp_path):
    for split, text in {"train": TRAIN, "dev": DEV, "test": DEV}.items():
        (tmp_path / f"{split}.bmes").write_text(text, encoding="utf-8")
    return tmp_path


def files(*splits, **more):
    return DataSettings(**{split: Path(f"{split}.bmes") for split in splits}, **more)


def load(folder, data):
    return load_corpus(data, base=folder, data_dir=None)


def types_in(sentences):
    return sorted(entity.type for sentence in sentences for entity in sentence.entities)


def test_own_files_are_found_beside_the_recipe(folder):
    corpus = load(folder, files("train", "dev", "test"))
    assert corpus.name == "train"
    assert {split: len(sentences) for split, sentences in corpus.splits.items()} == {"train": 4, "dev": 3, "test": 3}
    assert corpus.splits["dev"][1] == Sentence("dev-2", ("唐", "诗"), frozenset({Entity.span(0, 1, "DYN")}))
    assert "train: 4 sentences, 8 tokens, 3 entities" in corpus.notes
    assert not corpus.dev_is_test


def test_a_type_that_train_has_not_is_noted_with_its_count(folder):
    corpus = load(folder, files("train", "dev", "test"))
    assert "dev: 2 entities of the type DYN, which train has none of" in corpus.notes
    assert "test: 2 entities of the type DYN, which train has none of" in corpus.notes


def test_a_corpus_without_dev_is_refused_with_both_ways_out(folder):
    with pytest.raises(DataError) as caught:
        load(folder, files("train", "test"))
    assert "train: there is no dev split" in str(caught.value)
    assert "data.dev to a file" in caught.value.fix
    assert "data.dev_from.split to train" in caught.value.fix
    assert "test" in caught.value.fix


def test_dev_is_taken_out_of_train_the_same_way_every_time(folder):
    data = files("train", "test", dev_from=DevFrom(split="train", fraction=0.5, seed=3))
    corpus, again = load(folder, data), load(folder, data)
    assert corpus == again
    ids = [sentence.id for sentence in corpus.splits["train"]], [sentence.id for sentence in corpus.splits["dev"]]
    assert sorted(ids[0] + ids[1]) == ["train-1", "train-2", "train-3", "train-4"]
    assert (len(ids[0]), len(ids[1])) == (2, 2)
    assert "dev: 2 sentences taken out of train (seed 3), which keeps 2" in corpus.notes


def test_the_choice_of_dev_depends_on_the_seed_and_is_a_share():
    assert choose(1000, 0.1, 1) != choose(1000, 0.1, 2)
    assert {len(choose(1000, 0.1, seed)) for seed in range(5)} == {100}


def test_dev_is_what_the_documented_rule_says():
    by_hash = sorted(range(50), key=lambda place: hashlib.sha256(f"7:{place}".encode()).hexdigest())
    assert choose(50, 0.2, 7) == set(by_hash[:10])


@pytest.mark.parametrize("fraction", [0.01, 1.0])
def test_a_share_that_leaves_nothing_is_refused(folder, fraction):
    with pytest.raises(DataError, match=r"of the 4 sentences of train leaves \d for dev and \d for train\nfix: .*fraction"):
        load(folder, files("train", dev_from=DevFrom(split="train", fraction=fraction)))


def test_dev_can_be_test_and_the_corpus_then_says_so(folder):
    corpus = load(folder, files("train", "test", dev_from=DevFrom(split="test")))
    assert corpus.dev_is_test
    assert corpus.splits["dev"] == corpus.splits["test"]
    assert any(note.startswith("dev is test") for note in corpus.notes)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        pytest.param(
            DataSettings(name="sample", dev_from=DevFrom(split="train")),
            RecipeError,
            "data.dev_from: sample has a dev split of its own\nfix: remove data.dev_from",
            id="two-devs",
        ),
        pytest.param(
            files("train", dev_from=DevFrom(split="test")), DataError, "dev is to come from test, which is not", id="no-test"
        ),
        pytest.param(
            DataSettings(name="wiebo"), UsageError, "no dataset is called 'wiebo'\nfix: did you mean weibo", id="name"
        ),
        pytest.param(
            DataSettings(train=Path("no.txt"), dev=Path("dev.bmes")), MissingError, "no.txt: there is no such file", id="path"
        ),
        pytest.param(
            files("train", "dev", types={"PERSON": "P"}), UsageError, "no entity has the type 'PERSON'", id="unknown-type"
        ),
    ],
)
def test_what_makes_no_corpus_is_refused(folder, data, error, message):
    with pytest.raises(error, match=re.escape(message)):
        load(folder, data)


def test_a_file_without_entities_is_no_corpus(folder):
    (folder / "dev.bmes").write_text('{"text": "李白"}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"dev\.bmes: the sentence dev-1 is not annotated"):
        load(folder, files("train", "dev"))


def test_types_are_renamed_merged_and_dropped_and_counted(folder):
    corpus = load(folder, files("train", "dev", types={"NAME": "ENT", "LOC": "ENT", "DYN": ""}))
    assert types_in(corpus.splits["train"]) == ["ENT"] * 3
    assert types_in(corpus.splits["dev"]) == ["ENT"]
    assert {"NAME → ENT: 2 entities", "LOC → ENT: 2 entities", "DYN dropped: 2 entities"} <= set(corpus.notes)


def test_an_unknown_type_gets_the_nearest_and_all_that_there_are():
    types = TypeMap({"PER.NAN": "PER"})
    types.apply(Sentence("s", ("李",), frozenset({Entity.span(0, 1, "PER.NAM")})))
    with pytest.raises(
        UsageError, match=r"'PER.NAN', which is to be mapped\nfix: did you mean PER.NAM\? The types are LOC, PER.NAM"
    ):
        types.refuse_unknown(["LOC"])
    with pytest.raises(UsageError, match="fix: leave the mapping out: there is no entity"):
        TypeMap({"X": "Y"}).refuse_unknown()


@pytest.mark.parametrize(
    ("text", "mapping"),
    [
        pytest.param("NAME=PER", {"NAME": "PER"}, id="rename"),
        pytest.param("A=X, B=X,C=", {"A": "X", "B": "X", "C": ""}, id="merge-and-drop"),
        pytest.param("", {}, id="nothing"),
        pytest.param(None, {}, id="none"),
    ],
)
def test_a_mapping_of_types_is_read_from_the_command_line(text, mapping):
    assert parse_types(text) == mapping


def test_a_mapping_of_types_is_read_from_a_file(tmp_path):
    path = tmp_path / "types.txt"
    path.write_bytes("\ufeffa,b=X\r\n\r\n/work/movie=/work\n".encode())
    assert parse_types(f"@{path}") == {"a,b": "X", "/work/movie": "/work"}


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        pytest.param("NAME", UsageError, "--types: expected old=new, got 'NAME'", id="no-equals"),
        pytest.param("=PER", UsageError, "--types: expected old=new, got '=PER'", id="no-old"),
        pytest.param("A=X,A=Y", UsageError, "--types: 'A' is mapped to 'X' and to 'Y'", id="twice"),
        pytest.param("@none.txt", MissingError, "none.txt: cannot read the types", id="no-file"),
    ],
)
def test_a_mapping_that_is_none_is_refused(text, error, message):
    with pytest.raises(error, match=re.escape(message)):
        parse_types(text)


def test_a_mapping_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "types.txt"
    path.write_bytes("人名=PER".encode("gb18030"))
    with pytest.raises(UsageError, match=r"types\.txt: the types are not in UTF-8"):
        parse_types(f"@{path}")


SENTENCE = Sentence("a", ("李", "白"), frozenset({Entity.span(0, 2, "PER")}))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"train": (Sentence("a", ("李", "自"), SENTENCE.entities),)}, id="token"),
        pytest.param({"train": (Sentence("a", ("李白",), frozenset()),)}, id="cut-of-tokens"),
        pytest.param({"train": (Sentence("a", ("李", "白"), frozenset({Entity.span(0, 1, "PER")})),)}, id="boundary"),
        pytest.param({"train": (Sentence("a", ("李", "白"), frozenset({Entity.span(0, 2, "LOC")})),)}, id="type"),
        pytest.param({"train": (Sentence("a", ("李", "白"), frozenset()),)}, id="no-entity"),
        pytest.param({"train": (Sentence("a", ("李", "白")),)}, id="not-annotated"),
        pytest.param({"dev": (SENTENCE,)}, id="split"),
        pytest.param({"train": (SENTENCE, SENTENCE)}, id="number"),
    ],
)
def test_a_fingerprint_tells_corpora_apart(other):
    assert fingerprint(other) != fingerprint({"train": (SENTENCE,)})


def test_a_fingerprint_is_there_for_entities_that_begin_with_the_same_fragment():
    broken = Entity((Fragment(0, 1), Fragment(2, 3)), "A")
    with_whole = [
        {"train": (Sentence("a", tuple("头和手"), frozenset(entities)),)}
        for entities in [[broken, Entity.span(0, 1, "A")], [broken, Entity.span(0, 1, "B")], [broken]]
    ]
    assert len(set(map(fingerprint, with_whole))) == 3


def test_a_fingerprint_does_not_depend_on_ids_nor_on_the_order_of_splits():
    renamed = Sentence("b", SENTENCE.tokens, SENTENCE.entities)
    one, other = {"train": (SENTENCE,), "dev": ()}, {"dev": (), "train": (renamed,)}
    assert fingerprint(one) == fingerprint(other)
    assert re.fullmatch("[0-9a-f]{64}", fingerprint(one))


def test_a_split_is_loaded_from_a_file_or_a_dataset(folder):
    assert [sentence.id for sentence in load_split(str(folder / "dev.bmes"))] == ["dev-1", "dev-2", "dev-3"]
    assert {sentence.id.split("-")[0] for sentence in load_split("sample", "dev")} == {"dev"}
    assert {sentence.id.split("-")[0] for sentence in load_split("sample")} == {"test"}


def test_a_file_has_no_splits(folder):
    with pytest.raises(UsageError, match="--split dev is for datasets of the catalogue"):
        load_split(str(folder / "dev.bmes"), "dev")
    with pytest.raises(UsageError, match="sample has no spring split"):
        load_split("sample", "spring")


def test_the_sample_corpus_is_loaded_by_its_name():
    corpus = load_corpus(DataSettings(name="sample", types={"DATE": ""}), base=None, data_dir=None)
    assert corpus.name == "sample"
    assert set(corpus.splits) == {"train", "dev", "test"}
    assert set(types_in(corpus.splits["train"])) == {"PER", "ORG", "LOC", "GPE"}


def test_a_recipe_says_what_parts_the_levels_of_types_in_files_of_ones_own(folder):
    own = {"train": folder / "train.bmes", "dev": folder / "dev.bmes"}
    assert load_corpus(DataSettings(**own), base=None, data_dir=None).hierarchy_separator is None
    assert load_corpus(DataSettings(**own, hierarchy_separator="."), base=None, data_dir=None).hierarchy_separator == "."


def test_a_dataset_that_is_no_papers_protocol_has_a_remark_for_every_score(monkeypatch, tmp_path):
    lines = [f'{{"id": {n}, "text": "李白", "label": {{"/person": {{"李白": [[0, 1]]}}}}}}\n' for n in range(6)]
    (tmp_path / "fine").mkdir()
    for name in ("dev.json", "test.json"):
        (tmp_path / "fine" / name).write_text("".join(lines), encoding="utf-8")
    monkeypatch.setattr("cnerkit.corpora.download._may_be", lambda *_: True)
    corpus = load_corpus(DataSettings(name="fine_devtest"), base=None, data_dir=tmp_path)
    assert "not the paper's protocol" in corpus.remark
    assert [len(corpus.splits[split]) for split in ("train", "dev", "test")] == [6, 3, 3]
    assert [sentence.id for sentence in corpus.splits["test"]] == ["1", "3", "5"]
