"""The flow of a turn: one message, a stream of events, a typed ending, and never the same message twice.

The work goes on at the service whether or not anybody listens, so a stream that breaks, stalls or lasts too long is no
reason to send again, which would do and charge the work twice. The state tells: it is read 30 s after the break, then
every 60 s, until it has changed, at most five times. A turn that closes without a word about its work is a silent edit;
there the state is read at once. Sources: vendor SKILL 1.9, sections 3.1 and 3.6.

Where the service itself reports a failure (5xx) inside the stream, the work may be over or not: no document says. The
state is then read at once, after 30 s and after 60 s more, as the one document that has a rule for 5xx asks again once
or twice; `recover` looks further for whoever wants that.

One deadline spans the turn: what comes before the message, its tries, the stream. Only recovery comes after.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from nemovideo_client.answers import Ending, EndingKind, Session, State, Token
from nemovideo_client.errors import (
    ApiError,
    ConnectionFailed,
    InsufficientCredits,
    InvalidSetting,
    NemoError,
    NotFound,
    ServiceFailed,
    SessionNotFound,
    TimedOut,
    TokenInvalid,
    TransportError,
    UnexpectedAnswer,
    api_error,
)
from nemovideo_client.events import ErrorEvent, Heartbeat, Reader, Transcript
from nemovideo_client.flows.calls import Service, advice_on_credits, patiently, unwrap
from nemovideo_client.flows.effects import Close, Emit, Flow, Tell, authorise, now, open_stream, read, rest
from nemovideo_client.flows.sessions import read_state
from nemovideo_client.lenient import Json
from nemovideo_client.sse import Decoder, RecordTooLargeError
from nemovideo_client.timeline import difference
from nemovideo_client.vigil import TOLERANCE_S, Vigil
from nemovideo_contract import wire

#: Reads of the state, each after a wait, where the service said that it failed. Source: the skill `whisk`.
READS_AFTER_FAILURE: Final = 2
#: HTTP statuses of a gateway that gave up on a service which may be at work all the same.
_GATEWAY: Final = frozenset({502, 504})
#: Bytes of a JSON answer in place of a stream that are worth reading.
_MAX_REFUSAL: Final = 1024 * 1024


def turn_body(session_id: str, message: str) -> Json:
    """The documented request, in snake_case and without a role."""
    return {
        "app_name": wire.AGENT,
        "user_id": wire.ME,
        "session_id": session_id,
        "new_message": {"parts": [{"text": message}]},
    }


def checked_message(message: str) -> str:
    """The message, if there is one; an empty one would be charged all the same.

    Raises:
        InvalidSetting: It is blank.
    """
    if not message.strip():
        raise InvalidSetting("The message is empty: say what the video should be.")
    return message


def turn(service: Service, session: Session, message: str) -> Flow[Ending]:
    """Send a message, emit the events of the answer, give the ending; tells the state before, and `StillWorking`."""
    start = yield from now()
    vigil = Vigil(start)
    ending = yield from _turn(service, session, message, vigil)
    return replace(ending, seconds=(yield from now()) - start)


def _turn(service: Service, session: Session, message: str, vigil: Vigil) -> Flow[Ending]:
    until = vigil.since + service.limits.turn_s
    try:
        before = yield from _state_before(service, session, until)
    except NemoError as error:
        return Ending(EndingKind.REFUSED, error)
    if before is not None:
        yield Tell(before)
    try:
        yield from _begin(service, session, message, until, vigil)
    except NemoError as error:
        if _never_began(error):
            return Ending(EndingKind.REFUSED, error)
        kind = EndingKind.STALLED if isinstance(error, TimedOut) else EndingKind.TRUNCATED
        return (yield from _recover(service, session, before, kind, error, vigil))
    heard = yield from _listen(service, until, vigil)
    if heard.broken is not None:
        return (yield from _recover(service, session, before, heard.broken, heard.error, vigil))
    return (yield from _conclude(service, session, before, heard, vigil))


def recover(service: Service, session: Session, before: State | None) -> Flow[Ending]:
    """Look what became of a turn whose stream was left or lost, as `turn` itself does; tells `StillWorking`."""
    start = yield from now()
    ending = yield from _recover(service, session, before, EndingKind.TRUNCATED, None, Vigil(start))
    return replace(ending, seconds=(yield from now()) - start)


def _never_began(error: NemoError) -> bool:
    if isinstance(error, TransportError):
        return isinstance(error, ConnectionFailed)
    return not (isinstance(error, ApiError) and error.status in _GATEWAY)


def _state_before(service: Service, session: Session, until: float) -> Flow[State | None]:
    try:
        return (yield from read_state(service, session.session_id, until))
    except NotFound:
        # A bare agent server has no such endpoint; the turn works without.
        return None


def _begin(service: Service, session: Session, message: str, until: float, vigil: Vigil) -> Flow[None]:
    def attempt(token: Token) -> Flow[None]:
        body = turn_body(session.session_id, message)
        request = service.request("POST", service.url(wire.Path.RUN_SSE), token, body=body, accept=wire.EVENT_STREAM)
        request = replace(request, patience_s=service.limits.byte_idle_s, until=until)
        head = yield from open_stream(request, vigil)
        if head.status == 200 and "json" not in head.headers.get("content-type", ""):
            return
        answer = replace(head, body=(yield from _refusal(until)))
        unwrap(answer, token.value)
        raise UnexpectedAnswer("The service answered the message with JSON in place of a stream.", body=answer.body)

    return patiently(service, attempt, until=until, user_id=session.user_id)


def _refusal(until: float) -> Flow[bytes]:
    body = b""
    while len(body) < _MAX_REFUSAL and (chunk := (yield from read(until))):
        body += chunk
    yield Close()
    return body


@dataclass(frozen=True, slots=True)
class Heard:
    """What came over the stream; `broken` says how it ended where it isn't whole, `error` what is wrong with it."""

    transcript: Transcript
    broken: EndingKind | None = None
    error: NemoError | None = None


def _listen(service: Service, until: float, vigil: Vigil) -> Flow[Heard]:
    decoder, reader, transcript = Decoder(), Reader(), Transcript()
    idle = 0.0  # waiting alone counts: a caller that takes its time with an event is no stall
    while True:
        asked = yield from now()
        overdue = _overdue(service, idle, late=asked >= until - TOLERANCE_S)
        if overdue is not None:
            yield Close()
            return Heard(transcript, *overdue)
        try:
            chunk = yield from read(min(until, asked + service.limits.progress_idle_s - idle), vigil)
            records = decoder.feed(chunk)
        except TransportError as error:
            time = yield from now()
            if not isinstance(error, TimedOut):
                return Heard(transcript, EndingKind.TRUNCATED, error)
            overdue = _overdue(service, idle + time - asked, late=time >= until - TOLERANCE_S)
            return Heard(transcript, *(overdue or (EndingKind.STALLED, error)))
        except RecordTooLargeError as error:
            yield Close()
            return Heard(transcript, EndingKind.TRUNCATED, UnexpectedAnswer(str(error)))
        time = yield from now()
        idle += time - asked
        said = vigil.due(time)
        if said is not None:
            yield Tell(said)
        if not chunk:
            yield Close()
            return _closed(decoder, reader, transcript)
        for record in records:
            events = reader.read(record)
            if not (events and all(isinstance(event, Heartbeat) for event in events)):
                idle = 0.0
            for event in events:
                transcript.add(event)
                yield Emit(event)


def _closed(decoder: Decoder, reader: Reader, transcript: Transcript) -> Heard:
    """What came, of a stream that closed properly."""
    if decoder.unfinished:
        return Heard(transcript, EndingKind.TRUNCATED, UnexpectedAnswer("The stream ended within a record."))
    if transcript.error is not None:
        return Heard(transcript)
    if reader.unfinished:
        return Heard(transcript, EndingKind.TRUNCATED, UnexpectedAnswer("The stream ended within an answer."))
    if reader.cut_short is not None:
        return Heard(transcript, error=UnexpectedAnswer(f"The answer was cut short ({reader.cut_short})."))
    return Heard(transcript)


def _overdue(service: Service, idle: float, *, late: bool) -> tuple[EndingKind, NemoError] | None:
    limits = service.limits
    if late:
        return EndingKind.TIMED_OUT, TimedOut(f"The turn took longer than {limits.turn_s:.0f} s.")
    if idle >= limits.progress_idle_s - TOLERANCE_S:
        return EndingKind.STALLED, TimedOut(f"No progress for {limits.progress_idle_s:.0f} s.")
    return None


def _conclude(service: Service, session: Session, before: State | None, heard: Heard, vigil: Vigil) -> Flow[Ending]:
    transcript = heard.transcript
    failure = transcript.error
    if failure is not None:
        error: NemoError = yield from _failure(service, session, failure)
        # Only the service's own trouble leaves open whether the work goes on; any other code is a refusal of it.
        open_ended = isinstance(error, ServiceFailed)
        if not (transcript.text or transcript.tools or open_ended):
            return Ending(EndingKind.REFUSED, error)
        ending = yield from _look(service, session, before, EndingKind.TRUNCATED, error)
    elif heard.error is not None:
        return (yield from _look(service, session, before, EndingKind.TRUNCATED, heard.error))
    elif transcript.closing:
        return Ending(EndingKind.ANSWERED)
    else:
        ending = yield from _look(service, session, before, EndingKind.SILENT, None)
        error, open_ended = UnexpectedAnswer("The stream ended before the turn did."), _is_cut(transcript)
    if open_ended and ending.changes == ():
        reads = wire.RECOVERY_READS if failure is None else READS_AFTER_FAILURE
        return (yield from _recover(service, session, before, EndingKind.TRUNCATED, error, vigil, reads))
    return ending


def _is_cut(transcript: Transcript) -> bool:
    """Whether a stream that closed can't have been whole; no record says that a turn is over, and proxies give up."""
    return transcript.pending > 0 or not (transcript.text or transcript.tools or transcript.strange)


def _failure(service: Service, session: Session, failure: ErrorEvent) -> Flow[ApiError]:
    # The kit's codes are words, a number among them too.
    error = api_error({"code": failure.code, "message": failure.message or failure.code, "event": failure.raw})
    if isinstance(error, InsufficientCredits):
        token = yield from authorise()
        error.hint = advice_on_credits(service, token.user_id or session.user_id)
    return error


def _look(
    service: Service, session: Session, before: State | None, kind: EndingKind, error: NemoError | None
) -> Flow[Ending]:
    try:
        after = yield from read_state(service, session.session_id)
    except NemoError as unread:
        return Ending(kind, error or unread)
    return Ending(kind, error, None if before is None else changes(before, after), after)


def _recover(
    service: Service,
    session: Session,
    before: State | None,
    kind: EndingKind,
    error: NemoError | None,
    vigil: Vigil,
    reads: int = wire.RECOVERY_READS,
) -> Flow[Ending]:
    seen: State | None = None
    longest = wire.RECOVERY_FIRST_WAIT_S + (reads - 1) * wire.RECOVERY_NEXT_WAIT_S + service.limits.answer_s
    until = (yield from now()) + longest
    for number in range(reads):
        yield from rest(wire.RECOVERY_NEXT_WAIT_S if number else wire.RECOVERY_FIRST_WAIT_S, vigil)
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
            return Ending(kind, error, changes(before, state), state)
    return Ending(kind, error, None if seen is None else (), seen)


def changes(before: State, after: State) -> tuple[str, ...]:
    """What is different between two states, in words; empty where nothing is."""
    words = difference(before.draft, after.draft)
    if not words and not after.same_as(before):
        words = ["The session's media or canvas changed"]
    return tuple(words)
