"""What can be wrong with lines and their tags, each case with its line and column."""

from cnerkit.codecs.repair import Malformation, Repair, TagError, malformed_tags, unknown_tag
from cnerkit.codecs.schemes import Scheme, split_tag
from cnerkit.codecs.tag_reading import spans_from_tags, tag_reader
from cnerkit.corpora.conll import TaggedRows
from cnerkit.corpora.findings import Example, Findings, Kind, Position, Severity

_PROBLEM = Severity.PROBLEM
_REPAIR = "correct the tags, or choose with --repair: conlleval makes an entity of each, drop makes them O"

BROKEN_LINE = Kind("malformed-line", _PROBLEM, "malformed line", "malformed lines", "write a token and its tag on each line")
UNKNOWN_TAG = Kind(
    "unknown-tag",
    _PROBLEM,
    "tag that is none of the scheme",
    "tags that are none of the scheme",
    "correct them, or name the scheme with --from-scheme and the columns of token and tag with --columns",
)
MALFORMED = {
    Malformation.ORPHAN: Kind(
        "orphan-tags", _PROBLEM, "run of tags without a beginning", "runs of tags without a beginning", _REPAIR
    ),
    Malformation.UNFINISHED: Kind(
        "unfinished-tags", _PROBLEM, "run of tags without an end", "runs of tags without an end", _REPAIR
    ),
}
CUT = Kind(
    "cut-entity",
    _PROBLEM,
    "entity that is cut by the end of a sentence",
    "entities that are cut by the end of a sentence",
    "remove the empty line between the two sentences, or end the entity",
)


class TagWatch:
    """Sees the rows of each sentence before the sentence comes, and adds what is wrong with them.

    Args:
        split: What findings are about.
        findings: Where to add.
    """

    def __init__(self, split: str, findings: Findings) -> None:
        self._split, self._findings = split, findings
        self._file = ""
        self._before: list[TaggedRows] = []
        self._layers: list[TaggedRows] = []

    def __call__(self, file: str, scheme: Scheme, rows: TaggedRows) -> None:
        """The rows of the next sentence, or of the next layer of tags of the same one."""
        if self._layers and _place_and_tokens(rows) == _place_and_tokens(self._layers[0]):
            self._layers.append(rows)
        else:
            self._before, self._layers = self._layers if file == self._file else [], [rows]
        self._file = file
        for problem in rows.problems:
            example = Example(f"{file}:{problem.line}:{problem.column}", problem.what)
            self._findings.add(BROKEN_LINE, self._split, example, detail=f"({problem.kind})")
        try:
            spans_from_tags(rows.tags, scheme)
        except TagError:
            self._add_unknown(scheme, rows)
            self._add_malformed(scheme, rows)

    def position(self, id_: str, file: str) -> Position:
        """Where the sentence stands that came last; by its id alone in a file without rows."""
        return Position(self._file, id_, self._layers[0].lines) if self._layers else Position(file, id_)

    def _add_unknown(self, scheme: Scheme, rows: TaggedRows) -> None:
        for at, tag in enumerate(rows.tags):
            if split_tag(tag, scheme) is None:
                example = Example(self._place(rows, at), unknown_tag([tag], scheme).what)
                self._findings.add(UNKNOWN_TAG, self._split, example, detail=str(scheme))

    def _add_malformed(self, scheme: Scheme, rows: TaggedRows) -> None:
        layer = len(self._layers) - 1
        before = self._before[layer] if layer < len(self._before) else None
        for run in tag_reader(scheme, Repair.STRICT).malformed_runs(rows.tags):
            error = malformed_tags(rows.tags, [run], scheme)
            example = Example(self._place(rows, error.token), error.what)
            self._findings.add(MALFORMED[run.kind], self._split, example)
            if run.start == 0 and before and _goes_on(before, rows, scheme):
                text = f"{before.tags[-1]!r} at line {before.lines[-1]} goes on as {rows.tags[0]!r}"
                self._findings.add(CUT, self._split, Example(self._place(rows, 0), text))

    def _place(self, rows: TaggedRows, at: int) -> str:
        line, column = rows.place(at)
        return f"{self._file}:{line}:{column}"


def _place_and_tokens(rows: TaggedRows) -> tuple[int, tuple[str, ...]]:
    """What the layers of tags of one sentence have in common."""
    return rows.lines[0] if rows.lines else 0, rows.tokens


def _goes_on(before: TaggedRows, rows: TaggedRows, scheme: Scheme) -> bool:
    """True when the last entity of a sentence would go on in the next one, were there no empty line between them."""
    last = split_tag(before.tags[-1], scheme) if before.tags else None
    first = split_tag(rows.tags[0], scheme)
    if last is None or first is None or not last.type:
        return False
    return last.type == first.type and scheme.shape.joins(last.prefix, first.prefix)
