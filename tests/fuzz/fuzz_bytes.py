"""Any bytes as corpus files, archives and brat documents, led by the code that they reach; run by hand, with atheris installed.

    python tests/fuzz/fuzz_bytes.py FOLDER TARGET [--seconds N] [--length BYTES]
    python tests/fuzz/fuzz_bytes.py FOLDER TARGET --replay FILE

Keeps inputs that reach new code in FOLDER/TARGET, and the shortest input of each kind of finding in FOLDER/findings; prints
what became of the inputs, from time to time, since atheris ends the process without giving control back.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["cnerkit.corpora", "cnerkit.codecs", "cnerkit.workflows", "cnerkit.text"]):
    import sameness
    import seeds
    import targets

    from cnerkit.corpora import formats

    for _name, _format in formats.FORMATS.items():
        if _format.kind != "columns":
            formats.records(_name)  # whatever the kind, this is how its code is loaded


def single_file(data: bytes) -> str:
    """Bytes that choose how they are read, and a file."""
    return targets.check_file(data[targets.HEADER :], targets.choices_of(data[: targets.HEADER]))


def bundle(data: bytes) -> str:
    """The same, with a byte that chooses between zip, tar and what already is one."""
    head = targets.HEADER + 1
    kind = ("zip", "tar", "raw")[data[head - 1] % 3] if len(data) >= head else "raw"
    return targets.check_bundle(data[head:], targets.choices_of(data[: head - 1]), kind)


def pair(data: bytes) -> str:
    """The same, with a text and its annotations."""
    text, parted, ann = data[targets.HEADER :].partition(targets.SEPARATOR)
    return targets.check_pair(text, ann if parted else None, targets.choices_of(data[: targets.HEADER]))


def words(data: bytes) -> str:
    """What stands after an option."""
    return targets.check_words(data.replace(b"\0", b"").decode("utf-8", "surrogateescape"))


def wrapping(data: bytes) -> str:
    """The same as for a single file, with a byte that chooses another wrapping."""
    head = targets.HEADER + 1
    return sameness.check_wrapping(data[head:], data[: head - 1], data[head - 1] if len(data) >= head else 0)


TARGETS: dict[str, Callable[[bytes], str]] = {
    "single-file": single_file,
    "wrapping": wrapping,
    "bundle": bundle,
    "pair": pair,
    "words": words,
}


def main() -> None:
    """Fuzz one target, or show what becomes of one input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--length", type=int, default=2048)
    parser.add_argument("--replay", type=Path)
    asked = parser.parse_args()
    if asked.replay:
        print(TARGETS[asked.target](asked.replay.read_bytes()))
    else:
        _fuzz(asked.folder, asked.target, asked.seconds, asked.length)


def _fuzz(folder: Path, name: str, seconds: int, length: int) -> None:
    kept, dictionary = folder / name, folder / "dictionary"
    kept.mkdir(parents=True, exist_ok=True)
    (folder / "findings").mkdir(exist_ok=True)
    dictionary.write_text("".join(f'"{_escaped(word)}"\n' for word in seeds.DICTIONARY), encoding="ascii")
    for number, data in enumerate(_seeds(name)):
        (kept / f"seed-{number:04}").write_bytes(data)
    targets.limit_memory()
    run = _Run(TARGETS[name], name, folder / "findings", time.monotonic())
    options = [
        f"-max_total_time={seconds}", f"-max_len={length}", f"-dict={dictionary}",
        "-timeout=0", "-rss_limit_mb=0", "-verbosity=0", "-print_final_stats=0", "-len_control=20",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, str(kept)], run.one)
    atheris.Fuzz()


class _Run:
    """The inputs of one target so far."""

    def __init__(self, check: Callable[[bytes], str], name: str, findings: Path, started: float) -> None:
        self._check, self._name, self._findings, self._started, self._tried = check, name, findings, started, 0

    def one(self, data: bytes) -> None:
        """Try an input; what is found is kept, and the fuzzing goes on."""
        self._tried += 1
        if self._tried % 10_000 == 0:
            self.report()
        try:
            with targets.in_time():
                targets.TALLY.outcomes[self._check(data)] += 1
        except Exception as error:  # noqa: BLE001 - any exception that comes here is a finding
            self._keep(error, data)

    def report(self) -> None:
        """Say how far it has come."""
        seconds = time.monotonic() - self._started
        found = len(targets.TALLY.findings)
        print(f"{self._name}: {self._tried} inputs in {seconds:.0f} s, {found} kinds of findings", flush=True)
        for outcome, count in targets.TALLY.outcomes.most_common(12):
            print(f"  {count} {outcome}", flush=True)

    def _keep(self, error: Exception, data: bytes) -> None:
        kind = targets.kind_of(error)
        targets.TALLY.outcomes[f"finding {kind}"] += 1
        known = targets.TALLY.findings.get(kind)
        if known is not None and len(known[1]) <= len(data):
            return
        targets.TALLY.findings[kind] = (str(error), data)
        file = self._findings / f"{self._name}-{''.join(c if c.isalnum() else '-' for c in kind)[:120]}"
        file.write_bytes(data)
        file.with_name(file.name + ".txt").write_text("".join(traceback.format_exception(error)), errors="backslashreplace")
        if known is None:
            print(f"FINDING {self._name}: {kind}: {str(error)[:300]!r}", flush=True)


def _seeds(name: str) -> list[bytes]:
    plain = b"\0" * targets.HEADER
    if name == "words":
        return [word.encode() for word in seeds.WORDS]
    if name == "pair":
        return [plain + text + (b"" if ann is None else targets.SEPARATOR + ann) for text, ann in seeds.pairs()]
    if name == "bundle":
        packed = [plain + bytes([kind]) + data for data in seeds.bundles() for kind in (0, 1)]
        return packed + [plain + b"\2" + targets.archive(data, kind) for data in seeds.bundles() for kind in ("zip", "tar")]
    if name == "wrapping":
        return [plain + bytes([how]) + data for how, (_, data) in enumerate(seeds.files()) for how in (how % 8, how % 256)]
    found = []
    for number, (format_, data) in enumerate(seeds.files()):
        forced = bytes([targets.SINGLE.index(format_) + 1, 0, 0, 0, 0, 0, number % 256, number * 7 % 256])
        found += [plain[:6] + bytes([number % 256, 0]) + data, forced + data]
    return found


def _escaped(word: str) -> str:
    return "".join(f"\\x{byte:02X}" for byte in word.encode())


if __name__ == "__main__":
    main()
