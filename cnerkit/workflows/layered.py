"""Sentences with one column of tags for each level of nesting: rows to entities, and entities to the text of a file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cnerkit.codecs.overlap import layers
from cnerkit.codecs.tags import Repair, Scheme, Span, TagError, spans_from_tags, tags_from_entities
from cnerkit.corpora.columns import MOST_COLUMNS
from cnerkit.corpora.conll import TaggedRows
from cnerkit.corpora.layers import Layers, layered_text
from cnerkit.corpora.problems import Problems
from cnerkit.errors import DataError
from cnerkit.text import Sentence
from cnerkit.workflows.tagged import ReadCounts, TaggedSentence, read_malformed

REPEATED = "entities in several layers, counted once"


@dataclass(frozen=True, slots=True)
class LayeredReading:
    """The sentences that rows in layers are, in one scheme: the entities of all layers together.

    Attributes:
        name: What messages call the file.
        rows: The layers of each sentence.
        scheme: How tags write entities.
        repair: What becomes of malformed tags.
        ids: What the ids of its sentences begin with.
        counts: Where what was found is counted. Whoever watches is told of each layer, from left to right.
    """

    name: str
    rows: Iterable[Layers]
    scheme: Scheme
    repair: Repair
    ids: str
    counts: ReadCounts

    def __iter__(self) -> Iterator[TaggedSentence]:
        """The sentences, as ``TagReading`` gives them; a mistake is placed in the column of its layer.

        Raises:
            DataError: After the last sentence, when there was a mistake and nobody watches.
        """
        counts, problems = self.counts, Problems(self.name)
        for number, rows in enumerate(self.rows, start=1):
            if counts.watch:
                for layer in rows:
                    counts.watch(self.name, self.scheme, layer)
            spans = self._spans(rows, problems)
            counts.sentences += 1
            counts.tokens += len(rows[0].tokens)
            if counts.watch or not problems:
                yield TaggedSentence(f"{self.ids}-{number}", rows[0].tokens, spans)
        if not counts.watch:
            problems.refuse()

    def _spans(self, rows: Layers, problems: Problems) -> Sequence[Span]:
        """The spans of all layers in order."""
        counts = self.counts
        for problem in rows[0].problems:
            problems.add(problem)
        both = [self._both(layer._replace(problems=rows[0].problems), problems) for layer in rows]
        strict = [span for spans, _ in both for span in spans]
        lenient = [span for _, spans in both for span in spans]
        read = lenient if self.repair is Repair.CONLLEVAL else strict
        found = sorted(set(read))
        counts.strict += len(set(strict))
        counts.conlleval += len(set(lenient))
        if len(found) < len(read):
            counts.overlooked[REPEATED] += len(read) - len(found)
        return found

    def _both(self, layer: TaggedRows, problems: Problems) -> tuple[list[Span], list[Span]]:
        """The spans of one layer, without its malformed runs of tags and with them."""
        try:
            spans = spans_from_tags(layer.tags, self.scheme)
        except TagError as error:
            return read_malformed(layer, error, self.scheme, self.repair, self.counts.malformed, problems)
        return spans, spans


def layer_texts(sentences: Iterable[Sentence], scheme: Scheme) -> Iterator[str]:
    """The text of a file with a column of tags for each level of nesting, the innermost first, piece by piece.

    Args:
        sentences: Annotated ones. All are asked for before the first piece comes, since all lines have as many columns.
        scheme: How tags write entities.

    Raises:
        DataError: Lines or tags cannot carry the sentence that was asked for last; without a place.
    """
    yield from layered_text((sentence.tokens, _tags(sentence, scheme)) for sentence in sentences)


def _tags(sentence: Sentence, scheme: Scheme) -> list[list[str]]:
    """The tags of each layer; those of the only one when there are no entities."""
    if sentence.entities is None:
        raise DataError("it is not annotated", fix="give every sentence its entities, [] where there are none")
    found = layers(sentence.entities) or [[]]
    if len(found) >= MOST_COLUMNS:
        what = f"its entities need {len(found)} layers, and a file in columns holds {MOST_COLUMNS - 1}"
        raise DataError(what, fix="say --overlap outermost or innermost, or choose another format, such as jsonl")
    return [tags_from_entities(layer, len(sentence), scheme) for layer in found]
