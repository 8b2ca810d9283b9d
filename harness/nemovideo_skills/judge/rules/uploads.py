"""Rules about uploads: check a file before the upload, and do not upload it again after an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from nemovideo_contract.requirements.requirement import parse_sources
from nemovideo_contract.wire import Code, file_type_of
from nemovideo_skills.judge.body_facts import at, items_of
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.operations import Operation
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule
from nemovideo_skills.judge.text_format import short, times

#: A file as the journal identifies it: its name and its size in bytes (0 for an upload by URL).
_File = tuple[str, int]
#: The largest size of a form without its files, in bytes.
_FORM: Final = 10_000


def upload_format(history: History) -> Iterator[Observation]:
    """Check each upload with file names."""
    for each in history.of(Operation.UPLOAD):
        names = [name for name, _ in _files(each)]
        wrong = [name for name in names if _ending(name) and file_type_of(name) is None]
        nameless = [name for name in names if not _ending(name)] if _is_refused(each, Code.UNSUPPORTED_FILE) else []
        if wrong:
            yield Broken(
                each,
                f"The caller uploaded {short(wrong[0])}, whose format the service does not accept.",
                (each,),
            )
        elif nameless:
            what = f"The caller uploaded {short(nameless[0])}, which has no file extension, and got 4001."
            yield Broken(each, what, (each,))
        elif names:
            yield Kept(each)


def _ending(name: str) -> str:
    return name.rpartition(".")[2] if "." in name.strip(".") else ""


def _is_refused(exchange: Exchange, code: Code) -> bool:
    """Return whether the service refused, and not a fault."""
    return exchange.refusal == code and not exchange.fault


def _files(exchange: Exchange) -> list[_File]:
    if exchange.files:
        return [(name, size) for name, _, size in exchange.files]
    urls = [url for url in items_of(at(exchange.request_body, "urls")) if isinstance(url, str)]
    return [(_name_in(url), 0) for url in urls]


def _name_in(url: str) -> str:
    try:
        return urlsplit(url).path.rpartition("/")[2] or url
    except ValueError:
        return url


def upload_size(history: History) -> Iterator[Observation]:
    """Check each upload of files."""
    limit = history.expectations.size_limit
    for each in history.of(Operation.UPLOAD):
        if not each.files:
            continue
        largest, size = max(_files(each), key=lambda file: file[1])
        size = max(size, _announced_size(each) if len(each.files) == 1 else 0)
        # Documents give two limits, so an upload that the service accepts is not a violation.
        if _is_refused(each, Code.FILE_TOO_LARGE) or (size > limit and not each.succeeded):
            what = f"The caller uploaded {short(largest)} with {size / 1e6:.0f} MB, more than the service accepts."
            yield Broken(each, what, (each,))
        else:
            yield Kept(each)


def _announced_size(exchange: Exchange) -> int:
    """Return the file size by the form's length in bytes, as the service may not read a refused form to its end."""
    length = exchange.headers.get("content-length", "")
    return max(0, int(length) - _FORM) if length.isascii() and length.isdigit() else 0


def upload_not_repeated(history: History) -> Iterator[Observation]:
    """Check each upload that is refused because of its file."""
    refused: dict[tuple[str, ...], Exchange] = {}
    again: dict[tuple[str, ...], list[Exchange]] = {}
    for each in history.of(Operation.UPLOAD):
        names = tuple(name for name, _ in _files(each))
        # Files are compared by name only, as an early refusal has no size. An upload that succeeds then has a smaller
        # file.
        if names and each.refusal in {Code.UNSUPPORTED_FILE, Code.FILE_TOO_LARGE}:
            if names in refused:
                again.setdefault(names, []).append(each)
            else:
                refused[names] = each
    for names, first in refused.items():
        repeats = again.get(names, [])
        if not repeats:
            yield Kept(first)
        else:
            what = f"The upload of {short(names[0])} got {first.refusal}, and was repeated {times(len(repeats))}."
            yield Broken(repeats[0], what, (first, repeats[0]))


RULES: Final = (
    Rule(
        "upload-format",
        "A caller uploads only files with supported formats.",
        "warning",
        "provable",
        parse_sources("F0 step 3", "F2 1.9 §3.2 and §7", "F5 formats"),
        "The user waits for an upload that gets 4001.",
        "List the formats, and say to check the file extension before an upload.",
        upload_format,
    ),
    Rule(
        "upload-size",
        "A caller uploads only files within the size limit.",
        "warning",
        "provable",
        parse_sources("F2 1.9 §7", "F5 limits, 200 MB or 500 MB"),
        "The user waits for a long upload that gets 4002.",
        "Give the limit, and say to check the size first and to offer compressing or trimming.",
        upload_size,
    ),
    Rule(
        "upload-not-repeated",
        "A caller does not upload a file again after 4001 or 4002.",
        "warning",
        "likely",
        parse_sources("F2 1.9 §7", "F3 §7", "F5 errors"),
        "The same file is refused again, after the same wait.",
        "For 4001, write: show the supported formats. For 4002: suggest compressing or trimming. Then wait for the"
        " user.",
        upload_not_repeated,
    ),
)
