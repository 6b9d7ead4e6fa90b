"""Scores of predicted tags against gold tags, fast enough for millions of tokens."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter

from cnerkit.codecs.stretches import Stretch, count_stretches
from cnerkit.codecs.tag_reading import TagReader, tag_reader
from cnerkit.codecs.tags import Repair, Scheme, Span, TagError
from cnerkit.errors import DataError
from cnerkit.scoring.exact import ExactScorer, Report, paired

_AT_ONCE = 4000
"""How many sentences that agree are looked through together."""


def score_tags(
    gold: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]], scheme: Scheme, repair: Repair = Repair.DROP
) -> Report:
    """Exact-match scores of predicted tags, sentence by sentence.

    The numbers are those of ``scoring.exact.score`` over the entities of both. As a good system tags most sentences like the
    gold, the stretches of such sentences are only counted, and each distinct one is read once.

    Args:
        gold: The tags of each sentence.
        predicted: A system's tags of the same sentences in the same order.
        scheme: How both write entities.
        repair: How both are read where they are malformed; by default only well-formed entities count.

    Raises:
        DataError: The two differ in their number of sentences or in the length of one, a tag is not of the scheme, or a run is
            malformed and ``repair`` is strict.
    """
    tally = _Tally(tag_reader(scheme, repair))
    agreed: dict[int, Sequence[str]] = {}
    for number, (right, found) in enumerate(paired(gold, predicted), 1):
        if right != found:
            tally.compare(number, right, found)
            continue
        agreed[number] = right
        if len(agreed) == _AT_ONCE:
            tally.take(agreed)
            agreed.clear()
    tally.take(agreed)
    return tally.report()


class _Tally:
    """Adds up sentences, which are known by their numbers."""

    def __init__(self, reader: TagReader) -> None:
        self._read = reader.read
        self._scorer: ExactScorer[Span] = ExactScorer(type_of=itemgetter(2))
        self._stretches: Counter[Stretch] = Counter()

    def compare(self, number: int, gold: Sequence[str], predicted: Sequence[str]) -> None:
        """Adds a sentence whose predicted tags are not the gold ones."""
        if len(gold) != len(predicted):
            raise DataError(
                f"{len(gold)} tokens have gold tags and {len(predicted)} have predicted ones",
                where=f"sentence {number}",
                fix="predict one tag for each token of the gold sentences, in their order",
            )
        try:
            self._scorer.add(self._read(gold), self._read(predicted))
        except TagError:
            self._refuse(f"gold sentence {number}", gold)
            self._refuse(f"predicted sentence {number}", predicted)

    def take(self, agreed: Mapping[int, Sequence[str]]) -> None:
        """Adds sentences whose predicted tags are the gold ones: counts their stretches, and reads those that are new."""
        counts = count_stretches([*agreed.values()])
        try:
            for stretch in counts.keys() - self._stretches.keys():
                self._read(stretch)
        except TagError:
            for number, tags in agreed.items():
                self._refuse(f"sentence {number}", tags)
        self._stretches.update(counts)
        self._scorer.sentences += len(agreed)

    def report(self) -> Report:
        """The scores of all sentences."""
        for stretch, times in self._stretches.items():
            self._scorer.add_right(self._read(stretch), times)
        return self._scorer.report()

    def _refuse(self, place: str, tags: Sequence[str]) -> None:
        """Raises the error about a sentence's tags, if there is one, with its place."""
        try:
            self._read(tags)
        except TagError as error:
            raise DataError(error.what, where=f"{place}, {error.where}", fix=error.fix) from None
