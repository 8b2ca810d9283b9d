"""What changes calls and answers between the suite and the service, such as a proxy, as the first answers show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from nemovideo_contract.http.exchange import Answer
from nemovideo_contract.suite.messages import ATTRIBUTION
from nemovideo_contract.wire import CLIENT_ID_HEADER, Code


def _never(_: Answer) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Interference:
    """One thing that changes calls or answers on their way.

    `kind` tells it from others. `words` say what it is and how it shows. `misleads` returns whether an answer is one
    that it changes so that a check may blame the service; if it changes no such answer, it always returns False.
    """

    kind: str
    words: str = field(compare=False)
    misleads: Callable[[Answer], bool] = field(default=_never, compare=False)


#: The codes of the envelope that are HTTP statuses, and come with that status in every profile.
_STATUSES: Final = range(400, 600)

UPLOADS_HELD_BACK: Final = Interference(
    "uploads held back",
    "It holds uploads back until they have ended, so no check can look at the service during an upload.",
    lambda answer: answer.call.operation in {"run_sse", "upload", "credits", "state"},
)
STREAMS_HELD_BACK: Final = Interference(
    "streams held back",
    "It buffers streams: a stream arrives only after it has ended, so no check can look at the service during a turn.",
    lambda answer: answer.call.operation == "run_sse",
)
ATTRIBUTION_REMOVED: Final = Interference(
    "attribution removed",
    f"The attribution headers do not arrive: an export with {', '.join(ATTRIBUTION)} is refused as one without them.",
    lambda answer: ATTRIBUTION.keys() <= answer.call.headers.keys() and answer.status == Code.EXPORT_BLOCKED,
)
CLIENT_ID_REMOVED: Final = Interference(
    "client id removed",
    f"The header {CLIENT_ID_HEADER} does not arrive: a request for a token with it is refused as one without it.",
    lambda answer: answer.call.operation == "anonymous_token" and answer.status == Code.BAD_REQUEST,
)


def found_in(answers: Iterable[Answer]) -> list[Interference]:
    """Return what these answers show, one of each kind."""
    return list(dict.fromkeys(each for answer in answers for each in _shown_by(answer)))


def _shown_by(answer: Answer) -> Iterator[Interference]:
    if answer.encoding:
        yield Interference(
            "encoding", f"It compresses answers (Content-Encoding: {answer.encoding}); the suite decodes them."
        )
    for name, values in answer.doubled.items():
        header = name.title()
        if len(set(values)) == 1:
            yield Interference(
                f"header {name}", f"The response header {header} comes {len(values)} times; the suite reads it once."
            )
        else:
            yield Interference(
                f"header {name}",
                f"The response header {header} comes {len(values)} times with different values; the suite"
                " reads the first.",
                partial(_differs_in, name),
            )
    if (code := rewritten_code(answer)) is not None:
        yield Interference(
            "statuses",
            f"It rewrites HTTP statuses: an answer with code {code} comes with HTTP status {answer.status}.",
            lambda other: rewritten_code(other) is not None,
        )
    if is_foreign_page(answer):
        yield Interference(
            "pages",
            f"It replaces refusals of the service by its own page: HTTP {answer.status} comes as text/html.",
            is_foreign_page,
        )


def _differs_in(name: str, answer: Answer) -> bool:
    """Return whether a header of an answer came with different values."""
    return len(set(answer.doubled.get(name, ()))) > 1


def rewritten_code(answer: Answer) -> int | None:
    """Return the code of an answer if the code is an HTTP status and the answer has another status, else None."""
    code = answer.code if answer.media == "application/json" else None
    return code if code in _STATUSES and code != answer.status else None


def is_foreign_page(answer: Answer) -> bool:
    """Return whether a refusal of a call of the API is a web page, which the service never sends."""
    return answer.status >= 400 and answer.media == "text/html" and bool(answer.call.operation)
