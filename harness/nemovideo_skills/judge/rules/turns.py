"""Rules about turns: what a caller does during a message's turn and after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nemovideo_contract.requirements.requirement import parse_sources
from nemovideo_contract.wire import TURN_LIMIT_S
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.operations import Operation
from nemovideo_skills.judge.rules.broken_streams import NOTICED_S, WORK, first_known_entry, followers, recoveries
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule, Unsure
from nemovideo_skills.judge.text_format import seconds, times


def stream_held_to_end(history: History) -> Iterator[Observation]:
    """Check each stream that ended, by the service or by the caller."""
    expectations = history.expectations
    for turn in history.of(Operation.MESSAGE):
        ended = history.ended(turn)
        if ended is None or turn.refusal is not None:
            continue
        if turn.end != "caller_left":
            yield Kept(turn)
            continue
        lasted, idle, mute = ended - history.began(turn), _idle(history, turn, ended), _mute(history, turn, ended)
        early = (
            expectations.short(lasted, expectations.turn_limit)
            and expectations.short(idle, expectations.progress_limit)
            and expectations.short(mute, expectations.silence_limit)
        )
        yield Broken(turn, _leaving(turn, lasted, mute), (turn,)) if early else Kept(turn)


def _idle(history: History, turn: Exchange, ended: float) -> float:
    """Return the seconds with only heartbeats before the end."""
    progress = None if turn.stream is None else turn.stream.progress
    return ended - (history.began(turn) if progress is None else history.came(progress))


def _mute(history: History, turn: Exchange, ended: float) -> float:
    """Return the seconds without any record before the end."""
    marks = () if turn.stream is None else turn.stream.marks
    return ended - (history.came(marks[-1]) if marks else history.began(turn))


def _leaving(turn: Exchange, lasted: float, mute: float) -> str:
    what = f"The caller left the stream after {seconds(lasted)}"
    if turn.stream is None or not turn.stream.marks:
        return f"{what}, before the first record."
    if turn.stream.marks[-1][3] == "heartbeat":
        return f"{what}, while it still got heartbeats (the last one {seconds(mute)} before)."
    return f"{what}, {seconds(mute)} after the last record."


def stream_left_in_time(history: History) -> Iterator[Observation]:
    """Check each stream that the caller left."""
    expectations = history.expectations
    limit = max(expectations.turn_limit, TURN_LIMIT_S)
    for turn in history.of(Operation.MESSAGE):
        ended = history.ended(turn)
        if ended is None or turn.end != "caller_left":
            continue
        lasted, idle = ended - history.began(turn), _idle(history, turn, ended)
        if expectations.short(limit, lasted) or expectations.short(expectations.progress_limit, idle):
            what = f"The caller stayed {seconds(lasted)} in a stream without progress in the last {seconds(idle)}."
            yield Broken(turn, what, (turn,))
        else:
            yield Kept(turn)


def no_message_during_turn(history: History) -> Iterator[Observation]:
    """Check each message that follows another in its session."""
    for session in history.sessions:
        running: list[Exchange] = []
        before = False
        during: dict[int, list[Exchange]] = {}
        turns: dict[int, Exchange] = {}
        for message in history.of(Operation.MESSAGE, session=session):
            running = [each for each in running if _open_at(history, each, message)]
            if running:
                turns[running[0].first] = running[0]
                during.setdefault(running[0].first, []).append(message)
            elif before:
                yield Kept(message)
            running.append(message)
            before = True
        for first, messages in during.items():
            yield _describe_interruption(history, turns[first], messages)
    yield from _messages_during_recovery(history)


def _open_at(history: History, turn: Exchange, later: Exchange) -> bool:
    """Return whether a turn's stream was open when another request began."""
    if turn.refusal is not None or (turn.status is None and turn.end == "reset"):
        return False
    ended = history.ended(turn)
    return ended is None or (turn.last > later.first and ended > history.began(later) + NOTICED_S)


def _describe_interruption(history: History, turn: Exchange, messages: list[Exchange]) -> Broken:
    after = seconds(history.began(messages[0]) - history.began(turn))
    if len(messages) > 1:
        what = (
            f"{len(messages)} more messages were sent while a turn was running, the first one {after} after its start."
        )
    elif messages[0].message == turn.message:
        what = f"The same message was sent again {after} after the start of its turn, while its stream was open."
    else:
        what = f"Another message was sent {after} after the start of a turn, while its stream was open."
    return Broken(messages[0], what, (turn, messages[0]))


def _messages_during_recovery(history: History) -> Iterator[Observation]:
    for each in recoveries(history):
        then, wanted = each.then, history.expectations.recovery_reads
        if then is None or then.message == each.turn.message or not 0 < len(each.unchanged) < wanted:
            continue
        what = (
            f"A message was sent while the previous turn may still have been running: its stream had broken, "
            f"and the state had not changed yet ({times(len(each.unchanged))} read)."
        )
        yield Broken(then, what, (each.turn, then), since=first_known_entry(history, each.turn), until=then.first)


def state_after_silence(history: History) -> Iterator[Observation]:
    """Check each turn whose stream closed without an answer."""
    for turn in history.of(Operation.MESSAGE):
        if turn.stream is None or not turn.stream.silent or turn.end not in {"complete", "cut"}:
            continue
        if turn.session is None:
            yield Unsure(turn, "The message does not name a session.")
            continue
        following = next((each for each in followers(history, turn) if each.call in WORK), None)
        if following is None:
            what = "The turn ended without an answer, and the caller did not check what it had changed."
            yield Broken(turn, what, (turn,), since=turn.first, until=None)
        elif following.call is Operation.STATE:
            yield Kept(following)
        else:
            what = f"The turn ended without an answer, and the next call was {following.call}, not a state read."
            yield Broken(following, what, (turn, following), since=turn.first, until=following.first)


RULES: Final = (
    Rule(
        "stream-held-to-end",
        "A caller reads the stream of a turn until it closes, for up to 15 minutes, or 10 minutes of only heartbeats.",
        "error",
        "provable",
        parse_sources("F2 1.9 §3.1 (SSE handling, timeout)", "F5 calls", "F1 §4 (five minutes without any response)"),
        "The turn continues and costs credits, but the user never hears the result.",
        "Give curl --max-time 900, and say that heartbeats and empty data lines mean: keep waiting.",
        stream_held_to_end,
    ),
    Rule(
        "stream-left-in-time",
        "A caller gives up a stream after 15 minutes, or after 10 minutes of only heartbeats.",
        "note",
        "provable",
        parse_sources("F2 1.9 §3.1 (timeout)", "F5 calls"),
        "The user waits for a turn that does not end.",
        "Give curl --max-time 900, and treat 10 minutes of only heartbeats as a timeout: then read the state.",
        stream_left_in_time,
    ),
    Rule(
        "no-message-during-turn",
        "A caller sends no message to a session while a turn may still run in it.",
        "error",
        "provable",
        parse_sources("F2 1.9 §3.1 (timeout), §5", "F3 (20 and more documents)"),
        "The work is done and paid for twice, or the second message is refused.",
        'Say: "Never send a message while a turn runs; keep what the user says and send it afterwards."',
        no_message_during_turn,
    ),
    Rule(
        "state-after-silence",
        "After a turn without an answer, a caller first reads the state.",
        "error",
        "provable",
        parse_sources("F1 run_sse", "F2 1.9 §3.1", "F5 stream"),
        "The edit is done, but the user hears nothing, or hears that it failed.",
        "Say that about 30 % of edits end without text: read the state, compare, report what changed.",
        state_after_silence,
    ),
)
