"""Small files of every format, of invented sentences: what fuzzers begin with."""

import io
from collections.abc import Iterator

import targets

from cnerkit.codecs.overlap import Overlap
from cnerkit.codecs.tags import Scheme
from cnerkit.corpora.formats import FORMATS, WRITABLE
from cnerkit.errors import CnerkitError
from cnerkit.text import Entity, Fragment, Sentence
from cnerkit.workflows.losses import Losses
from cnerkit.workflows.writing import GRID, SPAN, Target, Writing

_FLAT = Sentence("一", tuple("小美去了海边市。"), frozenset({Entity.span(0, 2, "人名"), Entity.span(4, 7, "地名")}))
_NESTED = Sentence(
    "二", tuple("海边市第二医院"), frozenset({Entity.span(0, 7, "ORG"), Entity.span(0, 3, "LOC"), Entity.span(0, 3, "ORG")})
)
_PARTED = Sentence(
    "3",
    tuple("左、右膝疼😀"),
    frozenset({Entity((Fragment(0, 1), Fragment(3, 5)), "症状"), Entity.span(2, 5, "症状"), Entity.span(5, 6, "X")}),
)
_WORDS = Sentence("w", ("Anna", "saw", "New", "Oz", "."), frozenset({Entity.span(0, 1, "PER"), Entity.span(2, 4, "LOC")}), " ")
_PLAIN = Sentence("t", tuple("没有 标注{的}<话>&"), None)
_BREAKS = Sentence("b", tuple("第一行，\r\n小雨。\n 末"), frozenset({Entity.span(6, 8, "人名")}))
_CORPORA = (
    (_FLAT,),
    (_FLAT, _NESTED),
    (_PARTED, _FLAT),
    (_WORDS,),
    (_PLAIN,),
    (_BREAKS, _PARTED),
    (_FLAT, _FLAT),
)
OTHERS = {
    "conll": (
        "-DOCSTART- -X- O O\n\nAnna NNP B-NP B-PER\nran VBD B-VP O\n\nOz NNP B-NP B-LOC\n",
        "小 B-人名\n美 I-人名\n去 O\n\n海 S-地名\n",
        "1 Anna B-PER\n2 ran O\n\n1 Oz B-LOC\n",
        "小\tB-PER\n美\tE-PER\n，\tO\n\n海\tS-LOC\n",
        "小 \n美 I-PER\n",
    ),
    "weibo": ("小0\tB-PER.NAM\n美1\tI-PER.NAM\n在0\tO\n10\tO\n01\tO\n海0\tB-LOC.NAM\n边1\tI-LOC.NAM\n\n",),
    "layers": (
        "#\tinvented 1\n1\tAnna\tB-PER\tO\n2\tOz\tB-LOC\tB-ORG\n\n",
        "小\tB-A\tB-B\n美\tI-A\tO\n\n海\tO\tO\n",
    ),
    "jsonl": (
        '{"text": "小美", "entities": [{"start": 0, "end": 2, "label": "PER", "text": "小美", "score": 0.5}], "x": [{}]}',
    ),
    "cluener": ('{"text": "小美去", "label": {"name": {"小美": [[0, 1]]}}}',),
    "doccano": (
        (
            '{"id": 1, "text": "😀小美", "entities": [{"id": 4, "label": "PER", "start_offset": 1, "end_offset": 3}], '
            '"relations": [{"id": 1, "from_id": 4, "to_id": 4, "type": "is"}], "Comments": []}'
        ),
        '{"text": "小美", "labels": [[0, 2, "PER"]], "meta": {}}',
        '{"id": 3, "data": "小美", "label": [[0, 2, "PER"]]}',
    ),
    "label-studio": (
        (
            '[{"id": 1, "data": {"text": "小美\\r\\n去"}, "annotations": [{"id": 2, "was_cancelled": false, '
            '"ground_truth": true, "result": [{"id": "a", "from_name": "label", "to_name": "text", '
            '"type": "labels", "value": {"start": 0, "end": 2, "text": "小美", "labels": ["PER"]}}, '
            '{"from_id": "a", "to_id": "a", "type": "relation"}]}], '
            '"predictions": []}]'
        ),
        (
            '[{"text": "小美去", "id": 1, "label": [{"start": 0, "end": 2, "text": "小美", "labels": ["PER", "X"]}], '
            '"annotator": 1, "annotation_id": 3, "lead_time": 1.5}]'
        ),
    ),
    "prodigy": (
        (
            '{"text": "小美 去", "_input_hash": -5, "tokens": [{"text": "小美", "start": 0, "end": 2, "id": 0, "ws": true}, '
            '{"text": "去", "start": 3, "end": 4, "id": 1}], "spans": [{"start": 0, "end": 2, "token_start": 0, '
            '"token_end": 0, "label": "PER", "source": "m"}], "answer": "accept"}\n'
            '{"text": "海", "spans": [], "answer": "reject"}'
        ),
    ),
    "w2ner": ('[{"sentence": ["小", "美", "去"], "ner": [{"index": [0, 2], "type": "x"}], "word": [[0, 1], [2]]}]',),
    "mentions": (
        (
            '{"doc_id": "d", "sent_id": "d-1", "tokens": ["Anna", "ran"], "sentence": "Anna ran", "entity_mentions": ['
            '{"id": "E", "text": "Anna", "entity_type": "PER", "mention_type": "NAM", "start": 0, "end": 1}], '
            '"relation_mentions": [], "event_mentions": []}'
        ),
    ),
    "cmeee": ('[{"text": "小美咳嗽", "entities": [{"start_idx": 2, "end_idx": 3, "type": "sym", "entity": "咳嗽"}]}]',),
    "sng": ('{"text": "小美去", "label": [[0, 1, "PER", "小美"]]}',),
    "harem-json": (
        (
            '[{"doc_id": "H-1", "doc_text": "Ana foi a Faro", "entities": [{"entity_id": 1, "text": "Ana", "label": "PESSOA", '
            '"start_offset": 0, "end_offset": 3}]}]'
        ),
    ),
    "grid": (
        '{"tokens": ["左", "右", "疼"], "cells": [[0, 2, "NNC"], [2, 0, "PNC"], [0, 2, "HTC-x"], [2, 0, "THC-x"]]}',
        '{"tokens": ["左", "右", "疼"], "joiner": "", "cells": [[0, 2, "NNW"], [2, 0, "THW-x"]], "k": 1}',
    ),
    "hf": (
        '{"id": "0", "tokens": ["小", "美", "去"], "ner_tags": ["B-PER", "I-PER", "O"]}',
        '{"tokens": ["小", "美", "去"], "ner_tags": [1, 2, 0]}',
    ),
    "text-slash": ("小美/nr 去了/o 海边/ns /o \n", "a/b/nr c/o"),
    "boson": ("{{person_name:小美}}去{{location: 海边}}了", "{{{a:b}}}"),
    "text": ("小美去了。\n\n海边\n",),
    "genia": (
        (
            '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE set SYSTEM "gpml.dtd">\n<set>\n<article>\n<articleinfo>\n'
            '<bibliomisc>M:1</bibliomisc>\n</articleinfo>\n<title>\n<sentence>A <cons lex="b" sem="G#x">b <cons lex="c" '
            'sem="G#y">c</cons></cons>.</sentence>\n</title>\n<abstract>\n<sentence><cons lex="(AND d e)" sem="(AND G#x G#x)">'
            '<cons lex="d*">d</cons> and <cons lex="e*">e</cons></cons> &lt; &#28023;</sentence>\n</abstract>\n'
            "</article>\n</set>\n"
        ),
    ),
    "harem": (
        (
            "<DOC>\r\n<DOCID>H-1</DOCID>\r\n<GENERO>Web</GENERO>\r\n<ORIGEM>PT</ORIGEM>\r\n<TEXTO>\r\n"
            '<PESSOA TIPO="X" MORF="F,S">Ana</PESSOA> foi <ALT><LOCAL>a Faro</LOCAL>|a <LOCAL>Faro</LOCAL></ALT>.\r\n'
            "<OMITIDO>nada</OMITIDO></TEXTO>\r\n</DOC>\r\n"
        ),
        (
            '<?xml version="1.0" encoding="ISO-8859-1"?>\r\n<!DOCTYPE colHAREM>\r\n<colHAREM versao="x">\r\n'
            '  <DOC DOCID="d-1">\r\n<p>\r\n<EM ID="1" CATEG="PESSOA|LOCAL" TIPO="X|Y">Ana</EM> foi <ALT>'
            '<EM ID="2" CATEG="LOCAL">a Faro</EM>|a Faro</ALT>.</p>\r\n  </DOC>\r\n</colHAREM>\r\n'
        ),
    ),
}
PAIRS = (
    ("小美去海边\n", "T1\tPER 0 2\t小美\nT2\tLOC 3 5\t海边\nR1\tgo Arg1:T1 Arg2:T2\t\n"),
    ("左、右膝疼😀\r\n小雨", "T1\t症状 0 1;3 5\t左 膝疼\r\nT2\tPER 8 10\t小雨\r\n#1\tAnnotatorNotes T2\tok\r\n"),
    ("\ufeff海边\n\n小美", "T1 PER 0 2 x\nE1\tGo:T2\nA1\tNeg E1\n*\tEquiv T2 T2\nT2\tPER 5 7\t小美\nN1\tReference T2 W:1\tx"),
    ("海", None),
)
WORDS = (
    "PER=人名,LOC=地名,PER*=", "1,4", "1, 2,3", "O,B-PER,I-PER", "@a=b\nc=\n", "bmes", "utf-16", "code-points", "drop",
    "words",
)  # fmt: skip
DICTIONARY = (
    "B-", "I-", "E-", "S-", "M-", "L-", "U-", "W-", "O", "\tO\n", " O\n", "\n\n", "\r\n", "\t", "-DOCSTART-", "\ufeff",
    "😀", '"text": ', '"tokens": ', '"entities": ', '"label": ', '"labels": ', '"start": ', '"end": ', '"type": ', '"id": ',
    '"spans": ', '"start_offset": ', '"end_offset": ', '"start_idx": ', '"end_idx": ', '"entity": ', '"sentence": ',
    '"ner": ', '"index": ', '"data": ', '"annotations": ', '"result": ', '"value": ', '"cells": ', '"NNC"', '"THC-x"',
    '"NNW"', '"THW-x"', '"joiner": ', '"ner_tags": ', '"tags": ', '"fragments": ', '"entity_mentions": ', '"doc_text": ',
    '"answer": ', '"token_start": ', "null", '"relations": ', '"from_id": ', "[[", "]]", "{}", "[]", "1e999", "-1", "NaN",
    "true", "\\ud83d", "\\ude00", "\\u0000", '""', "{{", "}}", "/o ", "/nr ", "/O", "<DOC>", "</DOC>", "<TEXTO>", "<DOCID>",
    "<ALT>", "|", '<EM ID="1"', "<OMITIDO>", "&lt;", "<cons ", ' sem="G#x"', ' lex="', "</cons>", "<sentence>",
    "</sentence>", "<article>", "<![CDATA[", "]]>", "<!--", "-->", '<?xml version="1.0" encoding="', "&#x1F600;", "&#0;",
    "&amp;", "<!DOCTYPE ", "<!ENTITY ", "T1\t", ";", "R1\t", "#1\t", "Arg1:T1", "E1\t", "*\t", "=", ",", "*=", "@", "../",
    "a.txt", "a.ann", "\u2028", "\x85", "\x1c", "\v",
)  # fmt: skip


def files() -> Iterator[tuple[str, bytes]]:
    """The name of a format and a small file of it; some with a byte-order mark, some with the line ends of Windows."""
    for name, texts in OTHERS.items():
        for text in texts:
            yield name, text.encode()
            yield name, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
    for name in WRITABLE:
        for target in _targets(name):
            for corpus in _CORPORA:
                yield from ((name, each) for each in _written(corpus, target))


def pairs() -> Iterator[tuple[bytes, bytes | None]]:
    """A text and its annotations as brat has them."""
    for text, ann in PAIRS:
        yield text.encode(), None if ann is None else ann.encode()


def bundles() -> Iterator[bytes]:
    """The names and contents of several files."""
    for text, ann in PAIRS:
        parts = [b"a/b.txt", text.encode()] + ([b"a/b.ann", ann.encode()] if ann else [])
        yield targets.SEPARATOR.join(parts)
    for name, texts in OTHERS.items():
        yield targets.SEPARATOR.join(part for at, text in enumerate(texts) for part in (f"{name}/{at}".encode(), text.encode()))


def _targets(name: str) -> Iterator[Target]:
    format_ = FORMATS[name]
    overlap = Overlap.LAYERS if name == "layers" else Overlap.OUTERMOST
    schemes = list(map(str, Scheme)) if format_.has_tags else [GRID] if name == GRID else [SPAN]
    for scheme in schemes:
        for grid in ("crener", "w2ner") if name == GRID else ("crener",):
            yield Target(scheme, format_, overlap, grid)


def _written(corpus: tuple[Sentence, ...], target: Target) -> Iterator[bytes]:
    writing = Writing(target, "", "seed", Losses())
    try:
        if target.format.kind != "folder":
            written = io.StringIO()
            written.writelines(writing.texts(corpus))
            yield written.getvalue().encode()
    except CnerkitError:
        return
