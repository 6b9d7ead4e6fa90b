"""A tiny annotated corpus and a tiny encoder on which any model can be tried within seconds."""

from cnerkit.nn.encoders import encoder_from_description
from cnerkit.nn.protocols import Encoder
from cnerkit.registry import Kind, Task
from cnerkit.text import Entity, Fragment, LabelSet, Sentence

_FLAT = (
    ("赵小兰在北京上班", (("PER", 0, 3), ("LOC", 4, 6))),
    ("钱", (("PER", 0, 1),)),
    ("今天没有人来", ()),
    ("孙明孙亮去长江大桥", (("PER", 0, 2), ("PER", 2, 4), ("LOC", 5, 9))),
    ("沪 A股", (("LOC", 0, 1),)),
    ("李四光纪念馆的馆长是周海，他住在上海市徐汇区", (("PER", 10, 12), ("LOC", 16, 22))),
)
_NESTED = ("北京大学的吴校长", ((("ORG", 0, 4)), ("LOC", 0, 2), ("PER", 5, 6)))
_DISCONTINUOUS = ("郑和王两位", ((0, 1), (3, 5)))


def example_sentences(kinds: frozenset[Kind]) -> tuple[Sentence, ...]:
    """Annotated sentences with entities of the given kinds: adjacent ones, one-character ones, and sentences with none."""
    rows = [*_FLAT, _NESTED] if "nested" in kinds else list(_FLAT)
    sentences = [
        Sentence(f"example-{number}", tuple(text), frozenset(Entity.span(start, end, type_) for type_, start, end in spans))
        for number, (text, spans) in enumerate(rows)
    ]
    if "discontinuous" in kinds:
        text, parts = _DISCONTINUOUS
        broken = Entity(tuple(Fragment(start, end) for start, end in parts), "PER")
        sentences.append(Sentence("example-broken", tuple(text), frozenset({broken})))
    return tuple(sentences)


def example_task(kinds: frozenset[Kind]) -> Task:
    """The task that the example sentences set."""
    sentences = example_sentences(kinds)
    types = LabelSet.of(entity.type for sentence in sentences for entity in sentence.entities or ())
    return Task(types=types, kinds=kinds)


def example_encoder(kinds: frozenset[Kind]) -> Encoder:
    """A BERT of one small layer with random weights, which knows every character of the example."""
    characters = sorted({token for sentence in example_sentences(kinds) for token in sentence.tokens if token.strip()})
    unused = [f"[unused{number}]" for number in range(1, 9)]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *unused, *characters]
    sizes = {
        "vocab_size": len(vocabulary),
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 64,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "initializer_range": 0.2,
    }
    return encoder_from_description(
        {
            "kind": "bert",
            "model_type": "bert",
            "config": sizes,
            "vocabulary": vocabulary,
            "lower_case": True,
            "pooling": "first",
            "overlap": 16,
        }
    )
