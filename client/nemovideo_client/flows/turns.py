"""The flow of a turn: one message, a stream of events and a typed result. A message is never sent twice.

The service works on even if the caller stops listening. A second message would do and charge the work twice. So if a
stream breaks, stalls or takes too long, the flow does not send again; it reads the state. The first read is 30 s after
the break, the next ones 60 s apart, at most five, until the state has changed. A turn that closes without text about
its work is a silent edit, and the flow reads the state at once. Sources: vendor SKILL 1.9, sections 3.1 and 3.6.

If the service itself reports a failure, its work may go on, unless the documents say that the message was refused; see
`resend_policy`. Then the flow reads the state at once, after 30 s, and after 60 s more. The only document with a rule
for 5xx also asks again once or twice. `recover` looks further. The same reads follow a stream that ends after text that
announces work, before any tool call.

One deadline covers the turn: the calls before the message, its tries, and the stream. Only recovery comes after it.
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

#: How many seconds a stream is read after an error that ends the work: nothing more should follow.
_AFTER_THE_END_S: Final = wire.RECOVERY_FIRST_WAIT_S
#: After this many errors, a stream is not read further.
_MAX_ERRORS: Final = 100
_CUT: Final = "The stream ended before the turn did."


def turn(service: Service, session: Session, message: str) -> Flow[TurnResult]:
    """Send a message, emit the events of the stream, return the result; also a notice of the state before, and
    `StillWorking`.
    """
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
        said = open_ended(error, has_state=before is not None)
        return (yield from _recover(service, session, before, kind, said, progress_timer, reads_after(error)))
    if heard.broken is not None and not heard.transcript.errors:
        return (yield from _recover(service, session, before, heard.broken, heard.error, progress_timer))
    return (yield from _conclude(service, session, before, heard, progress_timer, post))


def recover(service: Service, session: Session, before: State | None) -> Flow[TurnResult]:
    """Find out what a turn changed whose stream was closed or lost, as `turn` does; sends `StillWorking` notices."""
    start = yield from now()
    ending = yield from _recover(service, session, before, TurnOutcome.TRUNCATED, None, ProgressTimer(start))
    return replace(ending, seconds=(yield from now()) - start)


def _state_before(service: Service, session: Session, until: float) -> Flow[State | None]:
    try:
        return (yield from read_state(service, session.session_id, until))
    except NotFound:
        # A plain ADK server has no such endpoint; the turn works without it.
        return None


@dataclass(frozen=True, slots=True)
class ReceivedStream:
    """A received stream; `broken` says how it ended if it is incomplete, `error` what is wrong with it."""

    transcript: Transcript
    broken: TurnOutcome | None = None
    error: NemoError | None = None


def _listen(service: Service, until: float, progress_timer: ProgressTimer, post: SentMessage) -> Flow[ReceivedStream]:
    """Read the stream to its end.

    Raises:
        ApiError: The response is JSON and not a stream, whatever its Content-Type says.
    """
    reader, transcript = Reader(post.token), Transcript()
    received = yield from _read_stream(service, until, progress_timer, post, reader, transcript)
    for event in reader.finish():
        transcript.add(event)
        yield Emit(event)
    return received


def _read_stream(
    service: Service,
    until: float,
    progress_timer: ProgressTimer,
    post: SentMessage,
    reader: Reader,
    transcript: Transcript,
) -> Flow[ReceivedStream]:
    decoder, size = Decoder(), 0
    idle = 0.0  # only waiting counts, not the time that the caller takes for an event
    while True:
        asked, patience = (yield from now()), _patience(service, transcript, post)
        overdue = _overdue(service, idle, patience, late=asked >= until - TOLERANCE_S)
        if overdue is not None:
            yield Close()
            return ReceivedStream(transcript, *overdue)
        try:
            chunk = yield from read(min(until, asked + patience - idle), progress_timer)
            post.note(chunk)
            size += len(chunk)
            _check_size(service, size, transcript)
            records = decoder.feed(chunk)
        except TransportError as error:
            time = yield from now()
            if not isinstance(error, TimedOut):
                return ReceivedStream(transcript, TurnOutcome.TRUNCATED, error)
            overdue = _overdue(service, idle + time - asked, patience, late=time >= until - TOLERANCE_S)
            return ReceivedStream(transcript, *(overdue or (TurnOutcome.STALLED, error)))
        except (RecordTooLargeError, UnexpectedAnswer) as error:
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


def _check_size(service: Service, size: int, transcript: Transcript) -> None:
    """Raise `UnexpectedAnswer` if a stream has more bytes, or more errors, than the client keeps."""
    if size > service.limits.turn_bytes:
        raise UnexpectedAnswer(f"The stream is longer than the limit turn_bytes, {service.limits.turn_bytes} bytes.")
    if len(transcript.errors) > _MAX_ERRORS:
        raise UnexpectedAnswer(f"The stream reports more than {_MAX_ERRORS} errors.")


def _finish_stream(decoder: Decoder, reader: Reader, transcript: Transcript) -> ReceivedStream:
    """Return the received stream after it closed properly."""
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
    """Return how long a stream may go on without progress, in seconds."""
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
        # A plain ADK server has no state that could show the work.
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
    """Conclude from the errors of a stream: work may go on unless each of them says that it does not."""
    errors = [_error(failure, post) for failure in transcript.errors]
    # Prefer an error that says what to do; else the first, because later ones are often its consequences.
    error = yield from _advise(service, session, next(filter(is_settled, errors), errors[0]))
    is_over = all(map(is_settled, errors))
    if is_over and transcript.is_empty:
        return TurnResult(TurnOutcome.REFUSED, error)
    ending = yield from _look(
        service, session, before, TurnOutcome.TRUNCATED, open_ended(error, has_state=before is not None)
    )
    if ending.changes == () and not is_over:
        return (yield from _recover(service, session, before, ending.kind, error, progress_timer, READS_AFTER_FAILURE))
    return ending


def _is_cut(transcript: Transcript) -> bool:
    """Return whether a stream that closed cannot be complete, as no record marks the end, and proxies stop waiting."""
    return transcript.pending > 0 or transcript.is_empty


def _error(failure: ErrorEvent, post: SentMessage) -> ApiError:
    # ADK's codes are strings, even if they are numbers.
    said, code = failure.message or "", failure.code
    if isinstance(code, str) and code not in said and (code.isupper() or not said):
        said = f"{code}: {said}" if said else code  # the code is the reason: SAFETY, RESOURCE_EXHAUSTED
    body: Json = {"code": code, "message": said, "event": failure.raw}
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
        return TurnResult(kind, lost)  # this error says what to do now
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
            error = lost  # this error says what to do now; the broken stream does not
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
    """Return the differences between two states, in words; empty if there are none."""
    words = difference(before.draft, after.draft)
    if not words and not after.same_as(before):
        words = ["The session's media or canvas changed"]
    return tuple(words)
