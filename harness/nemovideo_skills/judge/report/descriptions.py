"""Describe requests, responses and times in words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from nemovideo_contract.requirements.requirement import FAMILIES, Source
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.journal_reader import path_of
from nemovideo_skills.judge.operations import Operation, format_call
from nemovideo_skills.judge.rules.rule import Broken
from nemovideo_skills.judge.text_format import quantity, seconds, without_tokens

#: The number of characters that are quoted of a message.
QUOTED: Final = 60

_ENDS: Final = {
    "complete": "closed by the service",
    "cut": "cut off",
    "reset": "reset by the service",
    "caller_left": "left by the caller",
    "stopped": "ended with the fake",
    "open": "still open",
}
_SILENCES: Final = {
    "complete": "no answer",
    "cut": "no answer, the connection was closed",
    "reset": "no answer, the connection was reset",
    "caller_left": "no answer, the caller left",
    "stopped": "no answer, the fake stopped",
    "open": "not answered yet",
}


def plain(text: str) -> str:
    """Return a caller's text without tokens, control characters and characters that change the text direction."""
    shown = ("\ufffd" if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else each for each in text)
    return without_tokens("".join(shown))


def clip(text: str, length: int = QUOTED) -> str:
    """Return the text in one line, cut at `length` characters."""
    line = plain(" ".join(text.split()))
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def request_of(exchange: Exchange) -> str:
    """Return a request in words: `POST /run_sse “make the music quieter”`."""
    asked = plain(format_call(exchange.method, path_of(exchange)))
    if exchange.message is not None:
        asked += f" “{clip(exchange.message)}”"
    if exchange.files:
        names = ", ".join(clip(name, 30) for name, _, _ in exchange.files[:3])
        asked += f" {names}" + (f" and {len(exchange.files) - 3} more" if len(exchange.files) > 3 else "")
    if exchange.submitted is not None:
        asked += f" id {clip(exchange.submitted, 30)}"
    return asked


def answer_of(history: History, exchange: Exchange) -> str:
    """Return a response in words: `200, 12 records in 31 s (2 texts, 9 heartbeats), closed by the service`."""
    ended = history.ended(exchange)
    lasted = None if ended is None else ended - history.began(exchange)
    fault = f" (fault: {plain(', '.join(exchange.fault))})" if exchange.fault else ""
    if exchange.status is None:
        after = f" after {seconds(lasted)}" if lasted is not None and exchange.end == "caller_left" else ""
        return f"{_SILENCES[exchange.end]}{after}{fault}"
    if exchange.stream is not None:
        within = "" if lasted is None else f" in {seconds(lasted)}"
        held = _describe_content(exchange)
        records = quantity(exchange.stream.records, "record") if exchange.stream.records else "no records"
        return f"{exchange.status}, {records}{within}{held}, {_ENDS[exchange.end]}{fault}"
    said = [str(exchange.status)]
    if exchange.code not in {0, None, exchange.status}:
        said.append(f"code {exchange.code}")
    if exchange.call in {Operation.SUBMIT, Operation.POLL} and isinstance(status := exchange.answer.get("status"), str):
        said.append(clip(status, 30))
    if exchange.call is Operation.STATE and exchange.code == 0:
        said.append("a draft" if exchange.draft is not None and exchange.draft.ready else "no draft yet")
    if exchange.retry_after is not None:
        said.append(f"Retry-After {exchange.retry_after:g} s")
    if lasted is not None and lasted >= 1:
        said.append(f"after {seconds(lasted)}")
    if exchange.end not in {"complete", "open"}:
        said.append(_ENDS[exchange.end])
    return ", ".join(said) + fault


def _describe_content(exchange: Exchange) -> str:
    stream = exchange.stream
    if stream is None:
        return ""
    counts = {
        "text": stream.texts,
        "tool call": stream.calls,
        "tool result": stream.results,
        "heartbeat": stream.heartbeats,
        "error": stream.errors,
    }
    words = [quantity(count, thing) for thing, count in counts.items() if count]
    if stream.error_code is not None:
        words.append(f"code {stream.error_code}")
    return f" ({', '.join(words)})" if words else ""


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One line of evidence: the number of a journal entry or transcript line, its time, and its words."""

    number: int | str
    moment: float
    words: str


def rows_of(history: History, proof: Sequence[Exchange]) -> list[EvidenceRow]:
    """Return the evidence of a violation: two lines for one exchange, or one line for each of several exchanges."""
    if len(proof) != 1:
        return [
            EvidenceRow(each.first, history.began(each), f"{request_of(each)} → {answer_of(history, each)}")
            for each in proof
        ]
    (only,) = proof
    rows = [EvidenceRow(only.first, history.began(only), f"→ {request_of(only)}")]
    ended = history.ended(only)
    if only.status is not None or ended is not None:
        moment = history.began(only) if ended is None else ended
        rows.append(EvidenceRow(only.last, moment, f"← {answer_of(history, only)}"))
    return rows


def moment_of(history: History, occurrence: Broken) -> float | None:
    """Return the time of a violation, or None for a line of a transcript without times."""
    if occurrence.line is not None:
        return occurrence.line.when(history.began(history.exchanges[0]))
    return history.began(occurrence.at)


def when(history: History, occurrence: Broken) -> str:
    """Return the time of a violation in words: `07:03:22 (+0:32)`, or the line's number if the time is unknown."""
    moment = moment_of(history, occurrence)
    if moment is None:
        return "" if occurrence.line is None else f"line {occurrence.line.number}"
    return f"{clock(moment)} ({after(moment - history.began(history.exchanges[0]))})"


def find_evidence_rows(history: History, occurrence: Broken) -> list[EvidenceRow]:
    """Return the evidence of a violation, from the transcript if the violation is in one, else from the journal."""
    line = occurrence.line
    if line is None:
        return rows_of(history, occurrence.proof or (occurrence.at,))
    moment = moment_of(history, occurrence)
    said = f"{line.speaker}: “{clip(line.text)}”"
    return [] if moment is None else [EvidenceRow(f"line {line.number}", moment, said)]


def proof_of(history: History, proof: Sequence[Exchange]) -> list[str]:
    """Return the evidence as text: number, time, time since the caller's first call, and words."""
    return _in_lines(history, rows_of(history, proof))


def _in_lines(history: History, rows: Iterable[EvidenceRow]) -> list[str]:
    start = history.began(history.exchanges[0])
    return [f"{each.number:>6}  {clock(each.moment)}  {after(each.moment - start):>7}  {each.words}" for each in rows]


def evidence_of(history: History, occurrence: Broken) -> list[str]:
    """Return the evidence of a violation as text, in the form of `proof_of`."""
    return _in_lines(history, find_evidence_rows(history, occurrence))


def clock(moment: float) -> str:
    """Return a time of day in UTC: `07:03:22`."""
    return _moment(moment).strftime("%H:%M:%S")


def calls(count: int) -> str:
    """Return a number of calls: `1 call`, `2,000 calls`."""
    return f"{count:,} call" if count == 1 else f"{count:,} calls"


def day(moment: float) -> str:
    """Return a date and time in UTC: `2026-11-22 07:03:22`."""
    return _moment(moment).strftime("%Y-%m-%d %H:%M:%S")


def _moment(moment: float) -> datetime:
    try:
        return datetime.fromtimestamp(moment, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)  # a journal may contain any number


def after(length: float) -> str:
    """Return the time since the caller's first call: `+0:32`, `+1:02:03`, `+7 d 0:00`."""
    whole = max(0, int(length))
    days, rest = divmod(whole, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    if days:
        return f"+{days} d {hours}:{minutes:02}"
    return f"+{hours}:{minutes:02}:{rest:02}" if hours else f"+{minutes}:{rest:02}"


def span(length: float) -> str:
    """Return a length of time in words: `31 s`, `12 min`, `3 h 5 min`, `7 d 2 h`."""
    if length < 7200:
        return seconds(length)
    minutes = round(length / 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    pairs = ((days, "d"), (hours, "h"), (rest, "min"))
    return " ".join(f"{count} {unit}" for count, unit in pairs if count)


def source_of(sources: Iterable[Source]) -> list[str]:
    """Return the sources, one line for each family of documents: the places in it, and what the family is."""
    places: dict[str, list[str]] = {}
    for each in sources:
        places.setdefault(each.family, []).append(each.place)
    return [f"{family} {'; '.join(named)}: {FAMILIES[family]}" for family, named in places.items()]


def places_of(sources: Iterable[Source]) -> str:
    """Return the sources in one line: `F2 1.9 §3; F5 headers`."""
    return "; ".join(f"{each.family} {each.place}" for each in sources)
