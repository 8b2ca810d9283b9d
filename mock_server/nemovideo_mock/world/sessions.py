"""Sessions, one for each project: how they begin, how they are lost, and which uploads they hold."""

from __future__ import annotations

from nemovideo_contract import wire
from nemovideo_contract.wire import Code
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.json_types import Json
from nemovideo_mock.turn_plan import Media
from nemovideo_mock.world.account import Account
from nemovideo_mock.world.settings import WorldSettings
from nemovideo_mock.world.state import Session, State


class Sessions:
    """The sessions of all accounts."""

    def __init__(self, settings: WorldSettings, state: State) -> None:
        self._settings = settings
        self._state = state

    def create(self, account: Account, task_name: str, language: str, now: float) -> Session:
        """Create a project and return its session."""
        chance = self._settings.chance
        serial = account.sessions_created
        account.sessions_created += 1
        session_id = chance.digits(19, "session", account.user_id, serial)
        task_id = "task_" + chance.hex(16, "task", account.user_id, serial)
        session = Session(session_id, task_id, task_name, account.user_id, language, now, now)
        self._state.sessions[session_id] = session
        return session

    def get(self, account: Account, session_id: str, now: float) -> Session:
        """Return a session of this account, and note that it is in use.

        Raise 1002 if the session does not exist, belongs to another account or is lost. A session is lost for good if
        it has no call and no turn for as long as the profile's `session_idle`.
        """
        session = self._state.sessions.get(session_id)
        if session is None or session.user_id != account.user_id or session.lost:
            raise ServiceError(Code.SESSION_NOT_FOUND, "The session was not found.")
        idle = self._settings.profile_of(account).session_idle
        if idle and not session.open and now >= session.touched_at + idle:
            session.lost = True
            raise ServiceError(Code.SESSION_NOT_FOUND, "The session was not found: it was idle for too long.")
        session.touched_at = now
        return session

    def check_user(self, account: Account, user_id: str) -> None:
        """Raise 1002 if the user id of a path or body is neither `me` nor the id of the account."""
        if user_id not in {wire.ME, account.user_id}:
            raise ServiceError(Code.SESSION_NOT_FOUND, "The session was not found.")

    def add_media(self, session: Session, media: Media, info: Json) -> None:
        """Add an upload to the session."""
        session.media.append(media)
        session.video_infos.append(info)

    def claim(self, session: Session, task_id: str, now: float) -> str:
        """Return a token that opens one project in a browser and has no access to the API."""
        if task_id != session.task_id:
            raise ServiceError(Code.BAD_REQUEST, "task_id and session_id don't belong together.")
        claim = wire.CLAIM_TOKEN_PREFIX + self._settings.chance.url_safe("claim", session.session_id)
        self._state.claims[claim] = (session.session_id, now + wire.CLAIM_TOKEN_LIFETIME_S)
        return claim
