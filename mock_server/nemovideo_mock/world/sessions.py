"""Projects: their making, their loss, what is uploaded into them."""

from __future__ import annotations

from nemovideo_contract import wire
from nemovideo_contract.wire import Code
from nemovideo_mock.agent.turn_plan import Json, Media
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.world.ledger import Account
from nemovideo_mock.world.state import Session
from nemovideo_mock.world.tokens import Tokens


class Sessions(Tokens):
    """The sessions of all accounts."""

    def create_session(self, account: Account, task_name: str, language: str, now: float) -> Session:
        """A new project; each call makes another."""
        serial = account.sessions_created
        account.sessions_created += 1
        session_id = self.chance.digits(19, "session", account.user_id, serial)
        task_id = "task_" + self.chance.hex(16, "task", account.user_id, serial)
        session = Session(session_id, task_id, task_name, account.user_id, language, now, now)
        self.state.sessions[session_id] = session
        return session

    def session(self, account: Account, session_id: str, now: float) -> Session:
        """A session of this account; 1002 where there is none, where it is somebody else's, and where it was lost.

        A session in which nothing happened during the profile's `session_idle`, no call and no turn, is lost for good.
        """
        session = self.state.sessions.get(session_id)
        if session is None or session.user_id != account.user_id or session.lost:
            raise ServiceError(Code.SESSION_NOT_FOUND, "The session was not found.")
        idle = self.profile_of(account).session_idle
        if idle and not session.open and now >= session.touched_at + idle:
            session.lost = True
            raise ServiceError(Code.SESSION_NOT_FOUND, "The session was not found: it was idle for too long.")
        session.touched_at = now
        return session

    def check_user(self, account: Account, user_id: str) -> None:
        """The user in a path or body: `me` or the account's own id; anything else finds no session."""
        if user_id not in {wire.ME, account.user_id}:
            raise ServiceError(Code.SESSION_NOT_FOUND, "The session was not found.")

    def add_media(self, session: Session, media: Media, info: Json) -> None:
        """An upload arrives in the session."""
        session.media.append(media)
        session.video_infos.append(info)

    def claim(self, session: Session, task_id: str, now: float) -> str:
        """A token that opens one project in a browser and has no access to the API."""
        if task_id != session.task_id:
            raise ServiceError(Code.BAD_REQUEST, "task_id and session_id don't belong together.")
        claim = wire.CLAIM_TOKEN_PREFIX + self.chance.url_safe("claim", session.session_id)
        self.state.claims[claim] = (session.session_id, now + wire.CLAIM_TOKEN_LIFETIME_S)
        return claim
