"""Rules about broken streams: wait, read the state, and never send the message again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from nemovideo_contract.requirements.requirement import parse_sources
from nemovideo_skills.judge.body_facts import canonical_json
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.operations import Operation
from nemovideo_skills.judge.rules.broken_streams import (
    broke_off,
    first_known_entry,
    followers,
    recoveries,
    recovery,
    stream_end_time,
    words_of,
)
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule, Unsure
from nemovideo_skills.judge.text_format import seconds, times

#: Allowed reads: the five of the documents, and more that a user may have requested.
ASKED_FOR: Final = 2


def no_resend_after_break(history: History) -> Iterator[Observation]:
    """Check each stream that visibly ended before its turn: by a break, or because the answer is missing."""
    for turn in history.of(Operation.MESSAGE):
        if not (broke_off(turn) or (turn.end == "cut" and not _looks_whole(turn))) or turn.session is None:
            continue
        again = _find_repeated_message(history, turn)
        if again is None:
            yield Kept(turn)
            continue
        after = recovery(history, turn, until=again)
        if after.found is not None or after.lost or len(after.unchanged) >= history.expectations.recovery_reads:
            yield Kept(again)
        elif after.reads and after.doubtful:
            yield Unsure(again, "The same message was sent again, but the state before the first one is unknown.")
        else:
            yield _resent(history, turn, again, len(after.reads))


def _looks_whole(turn: Exchange) -> bool:
    """Return whether a stream ended with text after its last tool result, as a complete answer does."""
    stream = turn.stream
    if stream is None or not stream.texts:
        return False
    return next((kind for *_, kind in reversed(stream.marks) if kind in {"text", "call", "result"}), None) == "text"


def _find_repeated_message(history: History, turn: Exchange) -> Exchange | None:
    """Return the next message with the same text, in this session or in a session that was created since."""
    words = words_of(turn)
    if not words:
        return None
    inside = next((each for each in followers(history, turn) if each.call is Operation.MESSAGE), None)
    if inside is None:
        inside = _in_a_new_session(history, turn)
    return inside if inside is not None and words_of(inside) == words else None


def _in_a_new_session(history: History, turn: Exchange) -> Exchange | None:
    """Return the first message in the next session, if that was created during the time of a recovery.

    The same text about other files than those of the first session is a new request.
    """
    expectations = history.expectations
    longest = expectations.first_wait + expectations.next_wait * expectations.recovery_reads
    made = next(history.after(turn, Operation.SESSION), None)
    session = None if made is None else made.answer.get("session_id")
    if made is None or session is None or history.between(turn, made) > longest:
        return None
    message = next(history.after(made, Operation.MESSAGE, session=session), None)
    if message is None or not _files_before(history, message) <= _files_before(history, turn):
        return None
    return message


def _files_before(history: History, message: Exchange) -> set[object]:
    """Return the files uploaded into a message's session before it: the name and size of each, or its address."""
    uploads = [each for each in history.before(message, Operation.UPLOAD, session=message.session) if each.succeeded]
    named: set[object] = {(name, size) for each in uploads for name, _, size in each.files}
    return named | {canonical_json(each.request_body) for each in uploads if not each.files}


def _resent(history: History, turn: Exchange, again: Exchange, reads: int) -> Broken:
    where = "" if again.session == turn.session else " in a new session"
    what = f"The same message was sent again{where} {seconds(history.between(turn, again))} after its stream broke"
    if reads:
        what += f", although the state had not changed yet ({times(reads)} read)."
    else:
        what += ", without a state read in between."
    since = first_known_entry(history, turn) if reads else turn.first
    return Broken(again, what, (turn, again), since=since, until=again.first)


def state_after_break(history: History) -> Iterator[Observation]:
    """Check each stream that the caller knows to be broken, unless the next call repeats the message."""
    for turn in history.of(Operation.MESSAGE):
        if not broke_off(turn) or turn.session is None or _find_repeated_message(history, turn) is not None:
            continue
        following = next(followers(history, turn), None)
        if following is None:
            what = "The stream broke, and the caller did not check the result of the turn."
            yield Broken(turn, what, (turn,), since=turn.first, until=None)
        elif following.call is Operation.STATE:
            yield Kept(following)
        else:
            what = f"The stream broke, and the next call was {following.call}, not a state read."
            yield Broken(following, what, (turn, following), since=turn.first, until=following.first)


def recovery_waits(history: History) -> Iterator[Observation]:
    """Check each recovery in which the caller read the state."""
    expectations = history.expectations
    for each in recoveries(history):
        reads = each.reads[: expectations.recovery_reads]
        if each.doubtful:
            reads = reads[:1]  # this read may have shown the change
        elif each.found is not None:
            reads = [read for read in reads if read.first <= each.found.first]
        if not reads:
            continue
        first = history.began(reads[0]) - stream_end_time(history, each.turn)
        waits = [history.began(later) - history.began(earlier) for earlier, later in pairwise(reads)]
        short = [wait for wait in waits if expectations.short(wait, expectations.next_wait)]
        early = expectations.short(first, expectations.first_wait)
        if early or short:
            what = _hasty(first if early else None, short, expectations.first_wait, expectations.next_wait)
            at = reads[0] if early else _find_early_read(history, reads)
            since = first_known_entry(history, each.turn)
            yield Broken(at, what, (each.turn, at), since=since, until=reads[-1].first)
        else:
            yield Kept(reads[0])


def _find_early_read(history: History, reads: Sequence[Exchange]) -> Exchange:
    expectations = history.expectations
    pairs = pairwise(reads)
    return next(b for a, b in pairs if expectations.short(history.began(b) - history.began(a), expectations.next_wait))


def _hasty(first: float | None, short: Sequence[float], first_wait: float, next_wait: float) -> str:
    parts: list[str] = []
    if first is not None:
        parts.append(f"{seconds(max(first, 0))} after the stream broke, not {seconds(first_wait)}")
    if short:
        again = f"again after {seconds(min(short))}, not {seconds(next_wait)}"
        parts.append(again if len(short) == 1 else f"{again}, {times(len(short))}")
    return f"The state was read {', and '.join(parts)}."


def recovery_bounded(history: History) -> Iterator[Observation]:
    """Check each recovery in which the state is known to be unchanged."""
    for each in recoveries(history):
        reads = _in_one_go(history, each.unchanged)
        if len(reads) > history.expectations.recovery_reads + ASKED_FOR:
            since = first_known_entry(history, each.turn)
            what = f"The state was read {times(len(reads))} after the stream broke, and had not changed."
            yield Broken(reads[-1], what, (each.turn, reads[-1]), since=since, until=reads[-1].first)
        elif reads:
            yield Kept(reads[-1])


def _in_one_go(history: History, reads: Sequence[Exchange]) -> Sequence[Exchange]:
    """Return the reads up to another call after five reads in a row; later reads are new requests."""
    enough = history.expectations.recovery_reads
    for count, (earlier, later) in enumerate(pairwise(reads), 1):
        if all(each.call is Operation.STATE for each in history.after(earlier) if each.first < later.first):
            continue
        return reads[:count] if count >= enough else reads
    return reads


RULES: Final = (
    Rule(
        "no-resend-after-break",
        "After a broken stream, a caller does not send the message again until five reads show an unchanged state.",
        "error",
        "provable",
        parse_sources("F2 1.9 §3.6 (1)", "F1 run_sse", "F3 (20 and more documents)"),
        "The turn continues without its stream, so the work is done twice and paid for twice.",
        'Say: "If the stream breaks, do NOT send again: wait 30 s, read the state, report what changed."',
        no_resend_after_break,
    ),
    Rule(
        "state-after-break",
        "After a broken stream, a caller reads the state before it does anything else in the session.",
        "error",
        "provable",
        parse_sources("F2 1.9 §3.6 (2, 3)", "F1 run_sse"),
        "The caller never reports what the turn did, or continues without knowing it.",
        "Say that the work continues without the stream: wait 30 s, read the state, and report what changed.",
        state_after_break,
    ),
    Rule(
        "recovery-waits",
        "After a broken stream, a caller reads the state after 30 s, then every 60 s.",
        "warning",
        "likely",
        parse_sources("F2 1.9 §3.6 (2, 4)"),
        "The caller gives up the turn before it can finish, and polls the service for nothing.",
        "Say: sleep 30 before the first read of the state, sleep 60 before each later read.",
        recovery_waits,
    ),
    Rule(
        "recovery-bounded",
        "After five reads of an unchanged state, a caller gives up and offers to try again.",
        "warning",
        "likely",
        parse_sources("F2 1.9 §3.6 (5)"),
        "The user waits for something that does not come.",
        "Say: after five unchanged reads, report the failure and offer to send the message again.",
        recovery_bounded,
    ),
)
