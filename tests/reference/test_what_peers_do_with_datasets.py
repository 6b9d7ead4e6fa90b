"""Which dataset is this? What users of other projects were misled by, and what this one tells them.

Each comment names the issue, and what came of it there. Tests on the published files are skipped where they are not.
"""

import hashlib
import io
import os
from pathlib import Path

import pytest

from cnerkit.codecs.tags import Repair
from cnerkit.corpora import catalogue
from cnerkit.corpora.catalogue import Counts, Dataset, Identity, Published, Source, Split, find, names
from cnerkit.corpora.download import locate
from cnerkit.corpora.identity import name_counts
from cnerkit.errors import DataError, MissingError, UsageError
from cnerkit.recipe.schema import DataSettings
from cnerkit.workflows import data
from cnerkit.workflows.checking import Check, check
from cnerkit.workflows.convert import Conversion, convert
from cnerkit.workflows.corpus import load_corpus
from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.splits import Wanted
from cnerkit.workflows.types import parse_types

REAL = os.environ.get("CNERKIT_DATA")
with_real_files = pytest.mark.skipif(not REAL, reason="CNERKIT_DATA does not name a folder with real corpora")

SENTENCES = [
    "".join(f"{token}\tO\n" for token in text) for text in ("今天下雨了", "他去了南方", "书在桌上", "月亮出来了", "猫不见了")
]


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    """No corpus of the real user, and no network."""
    for setting in ("CNERKIT_DATA", "CNERKIT_MIRROR"):
        monkeypatch.delenv(setting, raising=False)
    monkeypatch.setenv("CNERKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CNERKIT_OFFLINE", "1")


@pytest.fixture
def write(tmp_path):
    def written(name, *sentences):
        (tmp_path / name).write_text("\n".join(sentences) + "\n", encoding="utf-8")
        return str(tmp_path / name)

    return written


@pytest.fixture
def in_place_of(tmp_path):
    """Put a published file where one of another dataset should be; a test is skipped where it is not here."""

    def put(name, split, published):
        own, dataset = Path(REAL, published), find(name)
        if not own.is_file():
            pytest.skip(f"{published} is not among these corpora")
        place = tmp_path / "data" / dataset.folder / dataset.splits[split].file.path
        place.parent.mkdir(parents=True)
        place.write_bytes(own.read_bytes())
        return tmp_path / "data"

    return put


def converted(source, **asked):
    out = io.StringIO()
    result = convert(Conversion(source, **asked), stdin=io.BytesIO(), stdout=out)
    return out.getvalue(), result


def findings(*sources):
    """What a check finds, by kind and split: count and detail."""
    found = check(Check(Wanted(sources), against=())).findings
    return {(each.kind.name, each.split): (each.count, each.detail) for each in found}


# Chinese-NLP-Corpus#2: what is called MSRA is People's Daily
# PaddleNLP#642: the test of MSRA is cut in other sentences
# FLAT#31, TENER#24, SANER#1, AT4ChineseNER#9: the old release of Weibo, or _2nd?
@pytest.mark.parametrize(
    ("name", "split", "title"),
    [
        pytest.param("people_daily", "test", "people_daily test, which some projects call MSRA", id="not-msra"),
        pytest.param("msra", "test", "msra test", id="msra-in-3442-sentences"),
        pytest.param("msra_slash", "test", "msra_slash test", id="msra-in-4365-sentences"),
        pytest.param("weibo", "train", "weibo train", id="weibo-2nd"),
        pytest.param("weibo_v1", "train", "weibo_v1 train", id="weibo-1st"),
    ],
)
def test_a_corpus_is_named_by_what_it_holds(name, split, title):
    assert name_counts(find(name).splits[split].counts) == title


def test_the_two_cuts_of_msra_hold_the_same_text_in_other_sentences():
    whole, cut = (find(name).splits["test"].counts for name in ("msra", "msra_slash"))
    assert (whole.sentences, cut.sentences, whole.tokens == cut.tokens) == (3442, 4365, True)


@with_real_files
@pytest.mark.parametrize(
    ("name", "split", "published", "said"),
    [
        pytest.param(
            "msra",
            "test",
            "people_daily/example.test",
            "people_daily test, which some projects call MSRA",
            id="peoples-daily-as-msra",
        ),
        pytest.param("msra", "test", "msra_slash/testright1.txt", "msra_slash test", id="msra-in-4365-sentences"),
        pytest.param("weibo", "train", "weibo_v1/weiboNER.conll.train", "weibo_v1 train", id="old-weibo-as-new"),
        pytest.param("weibo_v1", "dev", "weibo/weiboNER_2nd_conll.dev", "weibo dev", id="new-weibo-as-old"),
    ],
)
def test_another_corpus_under_the_name_is_refused_by_its_own_name(in_place_of, name, split, published, said):
    folder = in_place_of(name, split, published)
    with pytest.raises(DataError, match=f"this is not {name} {split}: it is {said}\nfix: .*give this path instead"):
        converted(name, split=split, data_dir=folder, scheme="bioes")
    (verified,) = data.verify(name, split, folder)
    assert verified.problems[0] == f"it is {said}"


# PaddleNLP#642: lines of 2,000 characters
def test_sentences_that_no_encoder_takes_are_found(write):
    found = findings(write("own.txt", "".join("长\tO\n" for _ in range(2000)), *SENTENCES))
    assert found["long-sentence", "own.txt"] == (1, "510 tokens")


# FLAT#31, TENER#24: are nominal mentions (NOM) dropped or not?
def test_dropping_nominal_mentions_is_said_and_counted(write):
    corpus = write("own.txt", "王\tB-PER.NAM\n君\tI-PER.NAM\n友\tB-PER.NOM\n", "友\tB-PER.NOM\n" + SENTENCES[0])
    text, result = converted(corpus, scheme="bio", types=parse_types("PER.NAM=PER,PER.NOM="))
    assert text.startswith("王\tB-PER\n君\tI-PER\n友\tO\n")
    assert "PER.NAM → PER: 1 entity" in result.notes()
    assert "PER.NOM dropped: 2 entities" in result.notes()


# golden-horse#2, #15: one text is labelled in two ways; #16: characters that cannot be read
def test_contradictory_labels_and_destroyed_characters_are_found(write):
    same = ["小\tB-PER\n周\tI-PER\n来\tO\n", "小\tO\n周\tB-PER\n来\tO\n"]
    found = findings(write("own.txt", *same, "\ufffd\tO\n\ufffd\tO\n好\tO\n", *SENTENCES))
    assert found["contradictory-labels", "own.txt"][0] == 1
    assert found["replacement-character", "own.txt"][0] == 2


# W2NER#122: the dev that is given is test
def test_dev_that_equals_test_is_found(write):
    train = write("train.txt", "王\tB-PER\n君\tI-PER\n来\tO\n", "孙\tB-PER\n君\tI-PER\n去\tO\n")
    found = findings(train, write("dev.txt", *SENTENCES), write("test.txt", *SENTENCES))
    assert found["leak", "test.txt"] == (len(SENTENCES), "in dev.txt")


# bertNER#29: KeyError for a type that only test has
# entity_extractor_by_ner#43: labels are taken from a file of an earlier run
def test_a_type_that_only_test_has_is_found_and_counted(write):
    train = write("train.txt", "王\tB-PER\n君\tI-PER\n来\tO\n", *SENTENCES[:2])
    test = write("test.txt", "在\tO\n沪\tB-LOC\n", "到\tO\n沪\tB-LOC\n")
    assert findings(train, test)["type-unseen-in-train", "test.txt"][0] == 2
    settings = DataSettings(train=Path(train), dev=Path(train), test=Path(test))
    notes = load_corpus(settings, base=None, data_dir=None).notes
    assert "test: 2 entities of the type LOC, which train has none of" in notes


# LatticeLSTM#76, eznlp's documentation: MSRA has no dev, and all are tuned on test
# AdaSeq: takes test for dev with a warning
def test_a_corpus_without_dev_needs_to_be_told_where_it_comes_from(write, tmp_path):
    with pytest.raises(UsageError, match=r"msra has no dev split\nfix: choose from train, test; .*data\.dev_from"):
        converted("msra", split="dev", scheme="bio", data_dir=tmp_path)
    train = write("train.txt", *SENTENCES)
    settings = DataSettings(train=Path(train), test=Path(train))
    with pytest.raises(DataError, match=r"there is no dev split to choose the best epoch on\nfix: .*data\.dev_from\.split"):
        load_corpus(settings, base=None, data_dir=None)


# datasets#3582: the address of the source has vanished
class TestVanishedSource:
    @pytest.fixture
    def toy(self, tmp_path, monkeypatch):
        """A dataset whose published address answers no more; a mirror on this machine has its file."""
        monkeypatch.setattr(catalogue, "PUBLISHED", (tmp_path / "gone").as_uri())
        content = "".join(SENTENCES).encode()
        source = Source("someone/corpora", "c0ffee", "train.txt")
        kept = tmp_path / "mirror" / "someone" / "corpora" / "c0ffee" / "train.txt"
        kept.parent.mkdir(parents=True)
        kept.write_bytes(content)
        identity = Identity(hashlib.sha256(content).hexdigest(), len(content))
        splits = {"train": Split(Published("train.txt", identity, (source,)), Counts())}
        return Dataset("toy", "Toy", "conll", "Free.", "", ("PER",), splits, "toy", scheme="bio")

    def test_a_mirror_is_asked_and_what_it_gave_is_kept(self, toy, tmp_path, monkeypatch):
        monkeypatch.setenv("CNERKIT_MIRROR", str(tmp_path / "mirror"))
        brought = locate(toy, "train")
        monkeypatch.delenv("CNERKIT_MIRROR")
        assert locate(toy, "train") == brought
        assert brought.read_bytes() == "".join(SENTENCES).encode()

    def test_without_a_mirror_it_is_told_how_to_get_it_by_hand(self, toy):
        with pytest.raises(MissingError, match=r"toy is not here.*\nfix: .*save .*someone/corpora/c0ffee/train\.txt as"):
            locate(toy, "train")

    def test_a_mirror_that_gives_something_else_is_refused(self, toy, tmp_path, monkeypatch):
        monkeypatch.setenv("CNERKIT_MIRROR", str(tmp_path / "mirror"))
        (tmp_path / "mirror" / "someone" / "corpora" / "c0ffee" / "train.txt").write_bytes(b"<html>")
        with pytest.raises(DataError, match=r"what was offered is not toy: .*its 6 bytes are no version that is known"):
            locate(toy, "train")


# datasets#7693, HiNER#3, SpanMarkerNER#80: a dataset was a program, which is no longer run
def test_a_dataset_is_a_description_and_no_program():
    folder = Path(catalogue.__file__).with_name("datasets")
    assert {path.suffix for path in folder.iterdir() if path.is_file()} == {".json"}
    assert len(list(folder.glob("*.json"))) == len(names())


# Readers of Weibo differ by 10, 0 and 4 entities, and do not say so
@with_real_files
def test_both_counts_of_weibo_are_said():
    for repair, written in ((Repair.DROP, 1885), (Repair.CONLLEVAL, 1895)):
        _, result = converted("weibo", split="train", scheme="bio", read=ReadOptions(repair=repair), data_dir=Path(REAL))
        (part,) = result.parts
        assert sum(part.entities.values()) == written
        assert "train: 1350 sentences, 73778 tokens, 1885 entities (1895 as conlleval reads malformed tags)" in part.notes()
