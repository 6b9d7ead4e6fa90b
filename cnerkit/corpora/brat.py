r"""brat's standoff: a ``.txt`` with the text of each document, and beside it an ``.ann`` with its entities, if it has any.

Texts are taken as they are, with every line break; a ``.txt`` without ``.ann`` is not annotated. The ``.ann`` is kept: a
document whose entities did not change is written back as it was, byte for byte. Of one whose entities changed, the lines of
those that are left stay as they are (with their new type, if only that changed), new ones get new ids, and lines that refer to
one that is gone go with it.

Ids of documents are paths, made safe for every file system as ``file_names`` says. The ``.a1`` and ``.a2`` of the BioNLP shared
tasks are not read.
"""

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from cnerkit.corpora.brat_document import KEPT, Original, document_of
from cnerkit.corpora.brat_editing import annotations
from cnerkit.corpora.brat_records import lines_with
from cnerkit.corpora.bundle import Member, natural_key
from cnerkit.corpora.file_names import TakenPaths, id_of, path_of
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.json_text import refuse_halves
from cnerkit.corpora.problems import Problems
from cnerkit.corpora.source import Block, TextSource
from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence

SUFFIXES = (".txt", ".ann")
"""Of the files that are read and written."""


def read(members: Sequence[Member], hints: Hints, notes: Counter[str], name: str) -> Iterator[Sentence]:
    """The documents of a folder or archive, in natural order of their names.

    Args:
        members: Its files; others than ``.txt`` and ``.ann`` are counted in ``notes`` and left out.
        hints: What offsets count, if it is known; else it is recognised.
        notes: What was overlooked, by kind.
        name: What messages call the folder.

    Raises:
        DataError: A file has no partner, or is not UTF-8. After the last document: the first mistake, and the count of all.
    """
    texts, anns = _by_stem(members, notes, name)
    first: Problems | None = None
    for stem in sorted(texts, key=natural_key):
        problems = Problems(f"{name}/{stem}.ann")
        text = _content(texts[stem], f"{name}/{stem}.txt")
        ann = _content(anns[stem], problems.name) if stem in anns else None
        document = document_of(id_of(stem), text, ann, hints.offsets, problems, notes)
        if first is not None:
            first.counts.update(problems.counts)
        elif problems:
            first = problems
        elif document is not None:
            yield document
    if first is not None:
        first.refuse()


def files(sentences: Iterable[Sentence], notes: Counter[str] | None = None) -> Iterator[tuple[str, str]]:
    """The path within the folder and the content of each file, which is to be written in UTF-8 as it is.

    Args:
        sentences: The documents.
        notes: Where records are counted that have to go since an entity of theirs is gone.

    Raises:
        DataError: brat cannot carry a document, or two would share a file; without a place.
    """
    taken, notes = TakenPaths(), Counter() if notes is None else notes
    for sentence in sentences:
        document, path = sentence.as_characters(), path_of(sentence.id)
        taken.take(path)
        original = (document.extra or {}).get(KEPT)
        if isinstance(original, Original) and original.text != document.text:
            notes["documents whose text is another now, so that ids and other lines of their .ann are left out"] += 1
        if not isinstance(original, Original) or original.text != document.text:
            original = Original.of(document.text)
        yield f"{path}.txt", _sound(original.mark + document.text)
        if document.entities is not None:
            yield f"{path}.ann", _sound(annotations(document.entities, original, notes))


class GrowingDocument:
    """A document that is written part by part, so that it never has to be held as a whole."""

    def __init__(self) -> None:
        self._offset, self._number = 0, 1

    def grow(self, text: str, entities: Iterable[Entity]) -> tuple[str, str]:
        """What comes next in its ``.txt`` and in its ``.ann``, to be written in UTF-8 as it is.

        Args:
            text: The next part of the document's text.
            entities: Over the characters of that part; none reaches beyond it.

        Raises:
            DataError: brat cannot carry the part; without a place.
        """
        mark = "" if self._offset else Original.of(text).mark
        start = self._offset + len(mark)
        records = list(lines_with(entities, text, range(start, start + len(text) + 1), self._number))
        self._offset = start + len(text)
        self._number += len(records)
        return _sound(mark + text), _sound("".join(records))


def _by_stem(members: Sequence[Member], notes: Counter[str], name: str) -> tuple[Mapping[str, Member], Mapping[str, Member]]:
    """The texts and the annotations, by their path without suffix."""
    found: dict[str, dict[str, Member]] = {suffix: {} for suffix in SUFFIXES}
    for member in members:
        if member.path[-4:] in found:
            found[member.path[-4:]][member.path[:-4]] = member
        elif member.path.endswith((".a1", ".a2")):
            fix = "join the two files of each text to one, as in `cat x.a1 x.a2 > x.ann`, and take them away"
            raise DataError("annotations in .a1 and .a2 are not read", where=f"{name}/{member.path}", fix=fix)
        else:
            notes["files that are neither .txt nor .ann, left out"] += 1
    texts, anns = found[".txt"], found[".ann"]
    alone = sorted(anns.keys() - texts.keys(), key=natural_key)
    if alone:
        others = f", as for {len(alone) - 1} more" if len(alone) > 1 else ""
        what = f"the .txt with the text of this file is not there{others}"
        raise DataError(what, where=f"{name}/{alone[0]}.ann", fix=f"put {alone[0]}.txt beside it")
    if not texts:
        raise DataError("there is no .txt", where=name, fix="put the text of each document into a .txt of its own")
    return texts, anns


def _content(member: Member, where: str) -> str:
    with member.open() as file:
        data = file.read()
    return TextSource(io.BytesIO(), where).decode(Block(data, 1))


def _sound(content: str) -> str:
    """What is to be written.

    Raises:
        DataError: A text file in UTF-8 cannot hold it.
    """
    if "\0" in content:
        raise DataError("the text holds a NUL, which text files do not", fix="choose a JSON format")
    refuse_halves(content)
    return content
