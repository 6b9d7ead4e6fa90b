"""Bringing the bytes of one address into a file, going on where an interrupted transfer stopped."""

import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

PAUSES = (0.5, 1.0, 2.0)
"""Seconds before each further attempt; an attempt that brought something starts the count anew."""

TIMEOUT = (10.0, 60.0)
"""Seconds without a connection, and without a byte, after which an attempt has failed."""

_CHUNK = 1 << 14
_TOO_MUCH = 1 << 28
"""Bytes beyond the file's size at which an answer is not worth naming any more."""

_FOR_NOW = (408, 425, 429, 500, 502, 503, 504)
"""Answers of a server that may well give the file a moment later."""


class TransferError(Exception):
    """An address gave nothing; the text says why, without the address."""


class WrongContentError(TransferError):
    """An address gave something else than what was asked for."""


class _TryAgainError(TransferError):
    """An attempt failed in a way that the next one may not."""


class Transfer:
    """A downloader for pooch that keeps what it has received, and asks a server only for the rest.

    Args:
        part: Where the bytes are kept until they are complete; what it holds already is not asked for again.
        size: Bytes of the complete file, or None when nobody knows.
        refuse: Given the complete file, why it is not what was asked for, or None when it is.
    """

    def __init__(self, part: Path, size: int | None, refuse: Callable[[Path], str | None]) -> None:
        self.part, self.size, self.refuse = part, size, refuse

    def __call__(self, url: str, output_file: str, pooch: Any, check_only: bool = False) -> None:  # noqa: ARG002 - pooch's protocol
        """Put the content of an address under ``output_file``, or nothing at all.

        Raises:
            TransferError: The address cannot be reached.
            WrongContentError: It has something else.
        """
        resumed = self._held() > 0
        try:
            self._bring(url)
        except WrongContentError:
            if not resumed:
                raise
            # What was kept may have been the wrong part, left by another address.
            self._bring(url)
        self.part.replace(output_file)

    def _bring(self, url: str) -> None:
        if urlsplit(url).scheme == "file":
            self._copy(Path(url2pathname(urlsplit(url).path)))
        else:
            self._download(url)
        if reason := self.refuse(self.part):
            self.part.unlink()
            raise WrongContentError(reason)

    def _copy(self, source: Path) -> None:
        try:
            incoming = source.open("rb")
        except OSError as error:
            raise TransferError(error.strerror or str(error)) from error
        with incoming, self.part.open("wb") as part:
            shutil.copyfileobj(incoming, part)

    def _download(self, url: str) -> None:
        failures = 0
        while not self._is_complete():
            before = self._held()
            try:
                self._receive(url)
            except _TryAgainError:
                failures = 1 if self._held() > before else failures + 1
                if failures > len(PAUSES):
                    raise
                time.sleep(PAUSES[failures - 1])
            else:
                return

    def _is_complete(self) -> bool:
        held = self._held()
        if self.size is not None and held > self.size:
            self.part.unlink()
        return held == self.size

    def _receive(self, url: str) -> None:
        """Ask once for what is missing, and keep whatever comes."""
        import requests
        from requests import exceptions

        held = self._held()
        # Were it compressed on the way, a range would count other bytes than the file's.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={held}-"} if held else {})
        try:
            with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
                self._accept(response, held)
        except exceptions.SSLError as error:
            raise TransferError(f"no secure connection: {error}") from error
        except exceptions.Timeout as error:
            raise _TryAgainError("no answer in time") from error
        except (exceptions.ConnectionError, exceptions.ChunkedEncodingError) as error:
            raise _TryAgainError("the server cannot be reached, or broke off") from error
        except exceptions.RequestException as error:
            raise TransferError(str(error)) from error

    def _accept(self, response: Any, held: int) -> None:
        status, content_range = response.status_code, response.headers.get("Content-Range", "")
        if status == 416 and content_range == f"bytes */{held}":
            return
        if status == 416 or (status == 206 and not content_range.startswith(f"bytes {held}-")):
            self.part.unlink(missing_ok=True)
            raise _TryAgainError(f"the server has no byte {held} to go on from")
        if status not in (200, 206):
            kind = _TryAgainError if status in _FOR_NOW else TransferError
            raise kind(f"the server answers {status} {response.reason}")
        self._write(response, held if status == 206 else 0)

    def _write(self, response: Any, held: int) -> None:
        """Add an answer to what is held, or start anew; a chunk is in the file before the next one is waited for."""
        limit = (self.size or 0) + _TOO_MUCH
        with self.part.open("ab" if held else "wb", buffering=0) as part, self._progress(held) as progress:
            for chunk in response.iter_content(_CHUNK):
                part.write(chunk)
                progress.update(len(chunk))
                if part.tell() > limit:
                    self.part.unlink()
                    raise WrongContentError("it does not end where the file should")
            os.fsync(part.fileno())

    def _progress(self, held: int) -> Any:
        from tqdm import tqdm

        name, silent = self.part.stem, not sys.stderr.isatty()
        return tqdm(total=self.size, initial=held, desc=name, unit="B", unit_scale=True, leave=False, disable=silent)

    def _held(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0
