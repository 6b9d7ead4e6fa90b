"""What a model never finds that looks at some spans of a sentence only."""

from collections.abc import Iterator, Mapping, Sequence

from cnerkit.nn.protocols import LimitsSpans, Model
from cnerkit.text import Sentence
from cnerkit.workflows.wording import counted


def notes_on_reach(model: Model, splits: Mapping[str, Sequence[Sentence]]) -> Iterator[str]:
    """How long the spans are that the model looks at, and its coverage: the share of each split's entities that it can find.

    The other entities stay in what the model is scored against, so that the coverage bounds its recall.
    """
    if not isinstance(model, LimitsSpans):
        return
    yield f"looks at the spans of at most {counted(model.max_length, 'token')}"
    for name, sentences in splits.items():
        n_gold = sum(len(sentence.entities or ()) for sentence in sentences)
        n_reached = sum(len(model.reachable(sentence)) for sentence in sentences)
        if n_gold:
            missed = f", which bounds recall: {n_gold - n_reached} of {counted(n_gold, 'entity')} out of reach"
            yield f"{name}: coverage {n_reached / n_gold:.2%}{missed if n_reached < n_gold else ''}"
