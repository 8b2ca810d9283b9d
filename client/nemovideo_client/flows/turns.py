"""The flow of a turn: one message, a stream of events, a typed ending, and never the same message twice.

The work goes on at the service whether or not anybody listens, so a stream that breaks, stalls or lasts too long is no
reason to send again, which would do and charge the work twice. The state tells: it is read 30 s after the break, then
every 60 s, until it has changed, at most five times. A turn that closes without a word about its work is a silent edit;
there the state is read at once. Sources: vendor SKILL 1.9, sections 3.1 and 3.6.

Where the service itself reports a failure, the work may be over or not, unless the documents say that it was refused;
`verdicts` has that table. The state is then read at once, after 30 s and after 60 s more, as the one document that has
a rule for 5xx asks again once or twice; `recover` looks further for whoever wants that. So it is where a stream ends
after words that announce work, before any tool was at it.

One deadline spans the turn: what comes before the message, its tries, the stream. Only recovery comes after.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, TypeVar

from nemovideo_client.draft_summary import difference
from nemovideo_client.errors import (
    ApiError,
    InsufficientCredits,
    NemoError,
    NotFound,
    SessionNotFound,
    TimedOut,
    TokenInvalid,
    TransportError,
    UnexpectedAnswer,
    api_error,
    redact_json,
)
from nemovideo_client.events import ErrorEvent, Heartbeat, Reader
from nemovideo_client.flows.calls import Service, advice_on_credits, read_state
from nemovideo_client.flows.effects import Close, Emit, Flow, Notify, authorise, now, read, rest
from nemovideo_client.flows.resend_policy import (
    READS_AFTER_FAILURE,
    announces,
    is_settled,
    is_turned_away,
    open_ended,
    reads_after,
)
from nemovideo_client.flows.send_message import SentMessage, begin
from nemovideo_client.json_reading import Json
from nemovideo_client.models import Session, State, TurnOutcome, TurnResult
from nemovideo_client.progress import TOLERANCE_S, ProgressTimer
from nemovideo_client.sse import Decoder, RecordTooLargeError
from nemovideo_client.transcript import Transcript
from nemovideo_contract import wire

E = TypeVar("E", bound=NemoError)

#: Seconds for which a stream is heard after an error that says that no work goes on: nothing more is to come.
_AFTER_THE_END_S: Final = wire.RECOVERY_FIRST_WAIT_S
_CUT: Final = "The stream ended before the turn did."


def turn(service: Service, session: Session, message: str) -> Flow[TurnResult]:
    """Send a message, emit the events of the answer, give the ending; tells the state before, and `StillWorking`."""
    start = yield from now()
    progress_timer = ProgressTimer(start)
    ending = yield from _turn(service, session, message, progress_timer)
    return replace(ending, seconds=(yield from now()) - start)


def _turn(service: Service, session: Session, message: str, progress_timer: ProgressTimer) -> Flow[TurnResult]:
    until = progress_timer.since + service.limits.turn_s
    try:
        before = yield from _state_before(service, session, until)
    except NemoError as error:
        return TurnResult(TurnOutcome.REFUSED, error)
    if before is not None:
        yield Notify(before)
    post = SentMessage()
    try:
        yield from begin(service, session, message, until, progress_timer, post)
        heard = yield from _listen(service, until, progress_timer, post)
    except NemoError as error:
        if not post.underway or is_turned_away(error):
            return TurnResult(TurnOutcome.REFUSED, (yield from _advise(service, session, error)))
        kind = TurnOutcome.STALLED if isinstance(error, TimedOut) else TurnOutcome.TRUNCATED
        return (
            yield from _recover(service, session, before, kind, open_ended(error), progress_timer, reads_after(error))
        )
    if heard.broken is not None and not heard.transcript.errors:
        return (yield from _recover(service, session, before, heard.broken, heard.error, progress_timer))
    return (yield from _conclude(service, session, before, heard, progress_timer, post))


def recover(service: Service, session: Session, before: State | None) -> Flow[TurnResult]:
    """Look what became of a turn whose stream was left or lost, as `turn` itself does; tells `StillWorking`."""
    start = yield from now()
    ending = yield from _recover(service, session, before, TurnOutcome.TRUNCATED, None, ProgressTimer(start))
    return replace(ending, seconds=(yield from now()) - start)


def _state_before(service: Service, session: Session, until: float) -> Flow[State | None]:
    try:
        return (yield from read_state(service, session.session_id, until))
    except NotFound:
        # A bare agent server has no such endpoint; the turn works without.
        return None


@dataclass(frozen=True, slots=True)
class ReceivedStream:
    """What came over the stream; `broken` says how it ended where it isn't whole, `error` what is wrong with it."""

    transcript: Transcript
    broken: TurnOutcome | None = None
    error: NemoError | None = None


def _listen(service: Service, until: float, progress_timer: ProgressTimer, post: SentMessage) -> Flow[ReceivedStream]:
    """Hear the stream out.

    Raises:
        ApiError: It is none but a JSON answer, whatever its Content-Type.
    """
    decoder, reader, transcript = Decoder(), Reader(post.token), Transcript()
    idle = 0.0  # waiting alone counts: a caller that takes its time with an event is no stall
    while True:
        asked, patience = (yield from now()), _patience(service, transcript, post)
        overdue = _overdue(service, idle, patience, late=asked >= until - TOLERANCE_S)
        if overdue is not None:
            yield Close()
            return ReceivedStream(transcript, *overdue)
        try:
            chunk = yield from read(min(until, asked + patience - idle), progress_timer)
            post.note(chunk)
            records = decoder.feed(chunk)
        except TransportError as error:
            time = yield from now()
            if not isinstance(error, TimedOut):
                return ReceivedStream(transcript, TurnOutcome.TRUNCATED, error)
            overdue = _overdue(service, idle + time - asked, patience, late=time >= until - TOLERANCE_S)
            return ReceivedStream(transcript, *(overdue or (TurnOutcome.STALLED, error)))
        except RecordTooLargeError as error:
            yield Close()
            return ReceivedStream(transcript, TurnOutcome.TRUNCATED, UnexpectedAnswer(str(error)))
        time = yield from now()
        idle += time - asked
        said = progress_timer.due(time)
        if said is not None:
            yield Notify(said)
        if not chunk:
            yield Close()
            if (refused := post.refusal) is not None:
                raise refused
            return _finish_stream(decoder, reader, transcript)
        for record in records:
            events = reader.read(record)
            if not (events and all(isinstance(event, Heartbeat) for event in events)):
                idle = 0.0
            for event in events:
                transcript.add(event)
                yield Emit(event)


def _finish_stream(decoder: Decoder, reader: Reader, transcript: Transcript) -> ReceivedStream:
    """What came, of a stream that closed properly."""
    if transcript.errors:
        return ReceivedStream(transcript)
    if decoder.unfinished:
        return ReceivedStream(transcript, TurnOutcome.TRUNCATED, UnexpectedAnswer("The stream ended within a record."))
    if reader.unfinished:
        return ReceivedStream(transcript, TurnOutcome.TRUNCATED, UnexpectedAnswer("The stream ended within an answer."))
    if reader.cut_short is not None:
        return ReceivedStream(transcript, error=UnexpectedAnswer(f"The answer was cut short ({reader.cut_short})."))
    return ReceivedStream(transcript)


def _patience(service: Service, transcript: Transcript, post: SentMessage) -> float:
    """For how long a stream may go on without progress, in seconds."""
    limit = service.limits.progress_idle_s
    is_over = any(is_settled(_error(failure, post)) for failure in transcript.errors[-1:])
    return min(limit, _AFTER_THE_END_S) if is_over else limit


def _overdue(service: Service, idle: float, patience: float, *, late: bool) -> tuple[TurnOutcome, NemoError] | None:
    if late:
        return TurnOutcome.TIMED_OUT, TimedOut(f"The turn took longer than {service.limits.turn_s:.0f} s.")
    if idle >= patience - TOLERANCE_S:
        return TurnOutcome.STALLED, TimedOut(f"No progress for {patience:.0f} s.")
    return None


def _conclude(
    service: Service,
    session: Session,
    before: State | None,
    heard: ReceivedStream,
    progress_timer: ProgressTimer,
    post: SentMessage,
) -> Flow[TurnResult]:
    transcript = heard.transcript
    if transcript.errors:
        return (yield from _conclude_failure(service, session, before, transcript, progress_timer, post))
    if heard.error is not None:
        return (yield from _look(service, session, before, TurnOutcome.TRUNCATED, heard.error))
    announced = transcript.closing and not transcript.tools and announces(transcript.text)
    if transcript.closing and not (announced and before is not None):
        return TurnResult(TurnOutcome.ANSWERED)
    ending = yield from _look(service, session, before, TurnOutcome.SILENT, None)
    if before is None and transcript.pending:
        # A bare agent server has no state in which to look for the work.
        return replace(ending, kind=TurnOutcome.TRUNCATED, error=UnexpectedAnswer(_CUT))
    if ending.changes == () and (announced or _is_cut(transcript)):
        cut = UnexpectedAnswer(_CUT)
        reads = READS_AFTER_FAILURE if announced else wire.RECOVERY_READS
        return (yield from _recover(service, session, before, TurnOutcome.TRUNCATED, cut, progress_timer, reads))
    return ending


def _conclude_failure(
    service: Service,
    session: Session,
    before: State | None,
    transcript: Transcript,
    progress_timer: ProgressTimer,
    post: SentMessage,
) -> Flow[TurnResult]:
    """Conclude from the errors of a stream, however it ended: work goes on unless each of them says that none does."""
    errors = [_error(failure, post) for failure in transcript.errors]
    # Of several, the one that says what to do; else the first, as what follows a failure often follows from it.
    error = yield from _advise(service, session, next(filter(is_settled, errors), errors[0]))
    is_over = all(map(is_settled, errors))
    if is_over and transcript.is_empty:
        return TurnResult(TurnOutcome.REFUSED, error)
    ending = yield from _look(service, session, before, TurnOutcome.TRUNCATED, open_ended(error))
    if ending.changes == () and not is_over:
        return (yield from _recover(service, session, before, ending.kind, error, progress_timer, READS_AFTER_FAILURE))
    return ending


def _is_cut(transcript: Transcript) -> bool:
    """Whether a stream that closed can't have been whole; no record says that a turn is over, and proxies give up."""
    return transcript.pending > 0 or transcript.is_empty


def _error(failure: ErrorEvent, post: SentMessage) -> ApiError:
    # The kit's codes are words, a number among them too.
    body: Json = {"code": failure.code, "message": failure.message or failure.code, "event": failure.raw}
    return api_error(redact_json(body, post.token))


def _advise(service: Service, session: Session, error: E) -> Flow[E]:
    if isinstance(error, InsufficientCredits) and error.hint is None:
        token = yield from authorise()
        error.hint = advice_on_credits(service, token.user_id or session.user_id)
    return error


def _look(
    service: Service, session: Session, before: State | None, kind: TurnOutcome, error: NemoError | None
) -> Flow[TurnResult]:
    try:
        after = yield from read_state(service, session.session_id)
    except (TokenInvalid, SessionNotFound) as lost:
        return TurnResult(kind, lost)  # says what to do now
    except NemoError as unread:
        return TurnResult(kind, error or unread)
    return TurnResult(kind, error, None if before is None else changes(before, after), after)


def _recover(
    service: Service,
    session: Session,
    before: State | None,
    kind: TurnOutcome,
    error: NemoError | None,
    progress_timer: ProgressTimer,
    reads: int = wire.RECOVERY_READS,
) -> Flow[TurnResult]:
    seen: State | None = None
    longest = wire.RECOVERY_FIRST_WAIT_S + (reads - 1) * wire.RECOVERY_NEXT_WAIT_S + service.limits.answer_s
    until = (yield from now()) + longest
    for number in range(reads):
        yield from rest(wire.RECOVERY_NEXT_WAIT_S if number else wire.RECOVERY_FIRST_WAIT_S, progress_timer)
        try:
            state = yield from read_state(service, session.session_id, until)
        except (TokenInvalid, SessionNotFound) as lost:
            error = lost  # says what to do now, which the broken stream doesn't
            break
        except NotFound as missing:
            error = error or missing
            break
        except NemoError as unread:
            error = error or unread
            if (yield from now()) >= until:
                break
            continue
        if before is None:
            before = state
            continue
        seen = state
        if not state.same_as(before):
            return TurnResult(kind, error, changes(before, state), state)
    return TurnResult(kind, error, None if seen is None else (), seen)


def changes(before: State, after: State) -> tuple[str, ...]:
    """What is different between two states, in words; empty where nothing is."""
    words = difference(before.draft, after.draft)
    if not words and not after.same_as(before):
        words = ["The session's media or canvas changed"]
    return tuple(words)
