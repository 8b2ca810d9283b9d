"""A first look at a target: what changes calls and answers on the way to it, and how its clock runs."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Sequence
from typing import Final

from nemovideo_contract.events.record_contents import stamps_of
from nemovideo_contract.http.errors import CallNotAllowed
from nemovideo_contract.http.exchange import Answer, Call, seconds_between
from nemovideo_contract.requirements import Cost, Expense
from nemovideo_contract.suite.context import SHORTEST_WORK_S, Context
from nemovideo_contract.suite.interference import (
    ATTRIBUTION_REMOVED,
    CLIENT_ID_REMOVED,
    STREAMS_HELD_BACK,
    UPLOADS_HELD_BACK,
    found_in,
)
from nemovideo_contract.suite.shared_work import DraftSession
from nemovideo_contract.suite.waiting import SIGN_S
from nemovideo_contract.targets import control_headers
from nemovideo_contract.wire import Path

#: If a message takes longer than this many seconds of the service's own time, it takes real time.
UNHURRIED_S: Final = 1.0
#: About how long work on a photo takes as documented, in seconds.
USUAL_WORK_S: Final = 30.0
#: The shortest documented work by the records' own times; it seems shorter, as the first record comes after the start.
SHORTEST_TOLD_S: Final = 5.0
#: The scenario whose records have time stamps.
KIT: Final = "adk"
#: A `Date` is cut to whole seconds, and two clocks are never the same.
DATE_APART_S: Final = 1.5
#: Seconds of this machine in which a clock must move if it runs as this machine's.
MOVES_S: Final = 4.0
#: The longest wait for the headers of a stream whose turn can't end, in seconds. Only a path that holds streams back
#: waits so long.
HEADERS_S: Final = 5.0
_ASKING: Final = Cost(frozenset({Expense.TOKEN}))
_TALK: Final = "Hello! What can you do?"


# --- what is between --------------------------------------------------------------------------------------------------


def note_interferences(context: Context, first: Answer) -> None:
    """Note what changes calls and answers on their way, as the answers so far and a few more calls show it.

    `first` is the first answer of the target.
    """
    server = context.server
    server.interferences += found_in([first, *server.came])
    try:
        refused = context.owner().expecting_refusal().call("submit_render", "POST", Path.RENDER, {}, form=False)
    except CallNotAllowed:
        return  # it would create something if the server accepted it
    if ATTRIBUTION_REMOVED.misleads(refused):
        server.interferences.append(ATTRIBUTION_REMOVED)


def note_interferences_of_work(context: Context, made: DraftSession, *, needs_client_id: bool) -> None:
    """Note what holds streams or uploads back, and whether the client id arrives; `made` is a session with a draft."""
    server = context.server
    if server.spending.charged:
        return
    if needs_client_id:
        context.spending.worst = _ASKING
        named = context.mint("other", form=False)
        if CLIENT_ID_REMOVED.misleads(named):
            server.interferences.append(CLIENT_ID_REMOVED)
    if server.unhurried:
        # Twice: a machine that is busy for the length of a turn delays one stream, but hardly two.
        if arrives_at_once(made.turn) and arrives_at_once(context.owner().reel().turn):
            server.interferences.append(STREAMS_HELD_BACK)
    elif not server.hurried:
        _note_held_back(context)


def arrives_at_once(turn: Answer) -> bool:
    """Return whether a stream that took real time came within the last twentieth of that time."""
    return turn.seconds > UNHURRIED_S and turn.seconds - turn.headed < turn.seconds / 20


def _note_held_back(context: Context) -> None:
    """Send a message during an upload: on a virtual clock its stream begins at once, and ends after the upload."""
    caller, server = context.owner(), context.server
    session_id, other = caller.new_session(), caller.new_session()
    begun, ended = threading.Event(), threading.Event()

    def talk() -> None:
        with caller.open_stream(session_id, _TALK) as listening:
            begun.set()
            listening.read()
            ended.set()

    talking = threading.Thread(target=talk, daemon=True)
    with caller.open_upload(other) as finish:
        talking.start()
        in_time = begun.wait(HEADERS_S)
        for _ in range(3):
            caller.credits(form=False)
        too_soon = ended.is_set()
        finish()
    talking.join()
    if too_soon:
        server.interferences.append(UPLOADS_HELD_BACK)
    elif not in_time:
        server.interferences.append(STREAMS_HELD_BACK)


# --- the clock --------------------------------------------------------------------------------------------------------


def note_pace(context: Context, made: DraftSession) -> None:
    """Note whether messages take real time, and whether the target works faster or slower than the documents say.

    A fake says how its clock runs. Of another target, the records' own times and the `Date` headers show it; without
    them, the time that a turn took here.
    """
    server = context.server
    if not server.spending.charged and (said := _stated_clock(context)) is not None:
        mode, speed = said
        server.unhurried = mode == "real" and USUAL_WORK_S / speed > UNHURRIED_S
        server.hurried, server.slowed = speed > 1, speed < 1
        return
    turn = made.turn
    stated, took = _own_duration(turn), turn.seconds
    seems_fast = took <= UNHURRIED_S or len(turn.signs) * SIGN_S > took
    if stated is None and seems_fast and not server.spending.charged and KIT in context.target.scenarios:
        other = context.account(KIT).reel().turn
        stated, took = _own_duration(other), other.seconds
    dated = [made.created, made.uploaded, made.empty, turn, made.state]
    as_here = runs_as_here(dated)
    if as_here and not server.spending.charged and turn.seconds > UNHURRIED_S:
        before = context.owner().credits(form=False)
        server.spending.sleep(MOVES_S)
        as_here = runs_as_here([before, context.owner().credits(form=False)])
    passed = seconds_between(turn, made.state)
    server.unhurried, hurried = pace(turn.seconds, stated, took, passed, as_here=as_here)
    server.hurried = hurried and not server.spending.charged


def pace(
    seconds: float, stated: float | None, took: float, passed: float | None = None, *, as_here: bool | None = None
) -> tuple[bool, bool]:
    """Return whether messages take real time, and whether the target works faster than any document says.

    `seconds` is how long a turn took here, and `passed` how long it took by the `Date` headers. `stated` is how long a
    turn took by its own records, in seconds, and `took` how long that turn took here. `as_here` says whether the
    service's clock runs as this machine's. What is unknown is None.
    """
    jumps = as_here is False or (stated is not None and stated > 2 * took)
    own = passed if as_here and passed is not None else seconds
    unhurried = own > UNHURRIED_S and not jumps
    if stated is not None:
        return unhurried, stated < SHORTEST_TOLD_S or (unhurried and seconds < SHORTEST_WORK_S)
    if passed is not None:
        return unhurried, passed + DATE_APART_S < SHORTEST_WORK_S
    return unhurried, unhurried and seconds < SHORTEST_WORK_S


def runs_as_here(answers: Sequence[Answer]) -> bool | None:
    """Return whether the service's clock runs as this machine's, by the dates of answers in order; None without dates.

    A clock that runs as this machine's has moved by at least the time between an answer and the next request, and by at
    most the time between the request and the next answer. That holds on a slow machine too.
    """
    known = None
    for earlier, later in itertools.pairwise(answers):
        passed = seconds_between(earlier, later)
        if passed is None:
            continue
        shortest = later.began - earlier.began - earlier.headed
        longest = later.began + later.headed - earlier.began
        if not shortest - DATE_APART_S < passed < longest + DATE_APART_S:
            return False
        known = True
    return known


def _own_duration(turn: Answer) -> float | None:
    """Return the seconds between a turn's first and last record by their own times, or None without times."""
    times = stamps_of(turn.values)
    return times[-1] - times[0] if len(times) > 1 else None


def _stated_clock(context: Context) -> tuple[str, float] | None:
    """Return the mode and the speed of a fake's clock, as its control API says them, or None."""
    if not context.target.scenarios:
        return None
    headers = control_headers(context.driver.base_url, os.environ)
    said = context.driver.send(Call("", "GET", "/_mock/clock", headers)).object or {}
    mode, speed = said.get("mode"), said.get("speed")
    if mode not in {"real", "virtual"} or not isinstance(speed, int | float) or speed <= 0:
        return None
    return str(mode), float(speed)
