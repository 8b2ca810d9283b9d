"""Write journals by hand: a scripted caller makes calls, and the script has their entries as a fake writes them.

Each call waits, sends a request and gets a response; `after` is the seconds since the last event, on both clocks unless
the script sets one. Defaults are those of a good caller and a healthy service.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from nemovideo_skills.judge.judging import Judgement, Verdict, judge_journal
from nemovideo_skills.judge.rules import RULES, Rule

DRAFT: dict[str, Any] = {"t": [{"tt": 0, "sg": [{"id": "sg_1", "s": 0, "d": 5000}]}], "d": 5000}
EMPTY: dict[str, Any] = {}
TOKEN = "nmv_usr_*0a1b2c3d"
CLIENT_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
SKILL = {"x-skill-source": "photo-stories", "x-skill-version": "1.2.0", "x-skill-platform": "clawhub"}
SESSION = "5529798706024415232"
#: Stream records of the typed dialect.
TEXT = {"type": "text", "content": "Done: one clip of five seconds."}
CALL: dict[str, Any] = {"type": "tool_call", "name": "edit_multitrack", "args": {}}
RESULT: dict[str, Any] = {"type": "tool_result", "name": "edit_multitrack", "result": {"status": "success"}}
HEARTBEAT = {"type": "heartbeat"}
NOISE = {"type": "text", "content": "I encountered a temporary issue"}


class Scripted:
    """A scripted caller in one world; `entries` is its journal so far."""

    def __init__(self, *, world: str = "default", account: str = "anon_0123456789abcdef", joined: bool = False) -> None:
        self.entries: list[Any] = []  # Any: tests change entries as they like
        self.world = world
        self.account: str | None = account
        self.joined = joined
        self.now = 1_800_000_000.0
        self.token: str | None = TOKEN
        self.attribution: dict[str, str] = dict(SKILL)
        self.exchanges = 0
        self._records: dict[int, int] = {}

    # --- the API's calls ---

    def set_up(self) -> str:
        """Get a token and a session, as a good caller does; return the session's id."""
        self.get_token()
        return self.get_session()

    def get_token(
        self, client_id: str | None = CLIENT_ID, *, after: float = 0, code: int = 0, token: str = TOKEN
    ) -> None:
        """Request a token."""
        headers = {} if client_id is None else {"x-client-id": client_id}
        data = {"token": token, "user_id": self.account, "expires_at": "2027-01-22T08:00:00Z", "credits": 100}
        self.call("POST", "/api/auth/anonymous-token", headers=headers, data=data, code=code, after=after)

    def get_session(self, session: str = SESSION, *, after: float = 0, code: int = 0) -> str:
        """Create a session; return its id."""
        path = "/api/tasks/me/with-session/nemo_agent"
        body = {"task_name": "project", "language": "en"}
        self.call("POST", path, body=body, data={"session_id": session, "task_id": "task_1"}, code=code, after=after)
        return session

    def say(
        self,
        text: str = "Make a video of my photos",
        records: Sequence[Mapping[str, Any]] = (CALL, RESULT, TEXT),
        *,
        session: str = SESSION,
        after: float = 0,
        lasts: float = 20,
        end: str = "complete",
        headers: Mapping[str, str] | None = None,
        body: object = None,
        code: int = 0,
        status: int | None = None,
    ) -> None:
        """Send a message; its records are spread evenly over `lasts` seconds. With a `code`, it is refused in JSON."""
        message = {"parts": [{"text": text}]}
        body = body or {"app_name": "nemo_agent", "user_id": "me", "session_id": session, "new_message": message}
        headers = {"accept": "text/event-stream"} if headers is None else headers
        refused = bool(code) or status is not None
        self.call(
            "POST",
            "/run_sse",
            headers=headers,
            body=body,
            session=session,
            records=None if refused else records,
            lasts=0 if refused else lasts,
            end=end,
            code=code,
            status=status,
            after=after,
        )

    def read_state(
        self, draft: object = DRAFT, *, session: str = SESSION, after: float = 0, code: int = 0, **state: object
    ) -> None:
        """Read the state, which has this draft."""
        path = f"/api/state/nemo_agent/me/{session}/latest"
        shown: dict[str, object] = {"draft": draft, "video_infos": [], **state}
        data: dict[str, object] = {"session_id": session, "state": shown}
        self.call("GET", path, data=data, session=session, code=code, after=after)

    def read_credits(self, available: int = 100, *, after: float = 0, code: int = 0) -> None:
        """Read the credits."""
        data = {"available": available, "frozen": 0, "total": available}
        self.call("GET", "/api/credits/balance/simple", data=data, code=code, after=after)

    def upload(
        self,
        *files: tuple[str, str, int],
        session: str = SESSION,
        after: float = 0,
        code: int = 0,
        status: int | None = None,
    ) -> None:
        """Upload files: the name, content type and bytes of each."""
        self.call(
            "POST",
            f"/api/upload-video/nemo_agent/me/{session}",
            files=files or (("one.jpg", "image/jpeg", 200_000),),
            session=session,
            code=code,
            status=status,
            after=after,
        )

    def submit(
        self,
        render: str = "render_1",
        draft: object = DRAFT,
        *,
        session: str = SESSION,
        after: float = 0,
        code: int = 0,
        status: int | None = None,
    ) -> None:
        """Submit a render."""
        body = {"id": render, "sessionId": session, "draft": draft, "output": {"format": "mp4", "quality": "high"}}
        answer = {"success": True, "data": {"id": render, "status": "pending", "progress": 5}}
        self.call(
            "POST",
            "/api/render/proxy/lambda",
            body=body,
            answer=None if code else answer,
            session=session,
            code=code,
            status=status,
            after=after,
        )

    def poll(self, render: str = "render_1", status: str = "processing", *, after: float = 30) -> None:
        """Poll a render; a completed one has its file at `/cdn/renders/RENDER.mp4`."""
        answer: dict[str, Any] = {"id": render, "status": status, "progress": 50}
        if status == "completed":
            answer["output"] = {"url": f"http://127.0.0.1:8787/cdn/renders/{render}.mp4", "duration": 5, "size": 1000}
        self.call("GET", f"/api/render/proxy/lambda/{render}", answer=answer, after=after)

    def fetch(self, render: str = "render_1", *, after: float = 0, status: int = 200) -> None:
        """Download the file by its URL, without a token."""
        self.call("GET", f"/cdn/renders/{render}.mp4", status=status, bare=True, after=after, answer={})

    def download(self, render: str = "render_1", *, after: float = 0) -> None:
        """Download the file with the download call."""
        self.call("GET", f"/api/render/proxy/{render}/download", answer={}, after=after)

    # --- beneath them ---

    def call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: str = "",
        body: object = None,
        files: Sequence[tuple[str, str, int]] = (),
        data: object = None,
        answer: object = None,
        code: int = 0,
        status: int | None = None,
        answer_headers: Mapping[str, str] | None = None,
        records: Sequence[Mapping[str, Any]] | None = None,
        lasts: float = 0,
        end: str = "complete",
        session: str | None = None,
        bare: bool = False,
        after: float = 0,
    ) -> None:
        """Make any call; a `bare` one has no token and no attribution. The HTTP status is 200 for codes above 1000."""
        self.now += after
        number = self.begin(
            method, path, headers=headers, query=query, body=body, files=files, session=session, bare=bare
        )
        if records is None:
            spoken = {"code": code, "message": "success" if not code else "refused", "data": data if not code else None}
            self.answer(
                number,
                status or (code if 400 <= code < 600 else 200),
                answer if answer is not None else spoken,
                headers=answer_headers,
            )
        else:
            self.answer(number, status or 200, None, stream=True)
            for place, record in enumerate(records, 1):
                self.now += lasts / (len(records) + 1)
                self.record(number, place, record)
            self.now += lasts / (len(records) + 1)
        self.end(number, end)

    def begin(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: str = "",
        body: object = None,
        files: Sequence[tuple[str, str, int]] = (),
        session: str | None = None,
        bare: bool = False,
    ) -> int:
        """Send a request, for `answer`, `record` and `end` to follow; return the number of its exchange."""
        self.exchanges += 1
        lines = {"host": "127.0.0.1:8787", **(headers or {})}
        if not bare and "anonymous-token" not in path:
            lines |= self.attribution
            if self.token is not None:
                lines.setdefault("authorization", f"Bearer {self.token}")
        kind: dict[str, Any] = {"kind": "empty", "size": 0}
        if files:
            kind = {"kind": "multipart", "size": sum(size for _, _, size in files)}
            lines.setdefault("content-type", "multipart/form-data; boundary=b")
        elif body is not None:
            kind = {"kind": "json", "size": len(json.dumps(body)), "json": body}
            lines.setdefault("content-type", "application/json")
        self._add(
            "request",
            self.exchanges,
            session,
            method=method,
            path=path,
            query=query,
            headers=[[name, value] for name, value in lines.items()],
            client=["127.0.0.1", 50000 + self.exchanges],
            http_version="1.1",
            received_virtual=self.now,
            received_real=self.now,
            complete=True,
            files=[{"name": name, "content_type": kind, "size": size} for name, kind, size in files],
            body=kind,
        )
        return self.exchanges

    def begin_message(self, text: str, *, session: str = SESSION) -> int:
        """Send a message without its stream; return the number of its exchange."""
        message = {"parts": [{"text": text}]}
        body = {"app_name": "nemo_agent", "user_id": "me", "session_id": session, "new_message": message}
        return self.begin("POST", "/run_sse", headers={"accept": "text/event-stream"}, body=body, session=session)

    def answer(
        self,
        exchange: int,
        status: int,
        body: object,
        *,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
    ) -> None:
        """Send a response's head, and its body unless it is a stream."""
        kind = {"kind": "empty", "size": 0} if body is None else {"kind": "json", "size": 9, "json": body}
        lines = [[name, value] for name, value in (headers or {}).items()]
        self._add("response", exchange, None, status=status, headers=lines, stream=stream, fault=[], body=kind)

    def record(self, exchange: int, number: int, record: Mapping[str, Any]) -> None:
        """Send one record of a stream."""
        heartbeat = record.get("type") == "heartbeat"
        self._records[exchange] = number
        own = {"number": number, "event": None, "heartbeat": heartbeat, "fault": None, "parsed": True, "size": 9}
        self._add("record", exchange, None, data=dict(record), **own)

    def end(self, exchange: int, how: str = "complete") -> None:
        """End an exchange."""
        self._add("end", exchange, None, how=how, records=self._records.pop(exchange, 0), sent=0, fault=[])

    def _add(self, kind: str, exchange: int, session: str | None, **fields: object) -> None:
        self.entries.append(
            {
                "n": len(self.entries) + 1,
                "kind": kind,
                "world": self.world,
                "exchange": exchange,
                "virtual": self.now,
                "real": self.now,
                "session": session,
                "account": self.account,
                "scenario": None,
                "joined": self.joined,
                **fields,
            }
        )


def judged(script: Scripted, *rules: Rule, **settings: Any) -> Judgement:
    """Return the judgement of the script's only caller, by these rules, or by all rules."""
    (judgement,) = judge_journal(script.entries, rules or tuple(RULES.values()), **settings)
    return judgement


def broken_by(script: Scripted, **settings: Any) -> list[str]:
    """Return the ids of all rules that the script breaks."""
    return [each.rule.id for each in judged(script, **settings).broken]


def sentence_of(script: Scripted, rule: str, **settings: Any) -> str:
    """Return the sentence of the only violation of a rule, in a script that breaks no other rule."""
    assert broken_by(script, **settings) == [rule]
    (finding,) = judged(script, RULES[rule], **settings).findings
    (occurrence,) = finding.broken
    return occurrence.what


def verdict_of(script: Scripted, rule: str, **settings: Any) -> Verdict:
    """Return the verdict on a rule in a script that breaks no rule."""
    assert broken_by(script, **settings) == []
    (finding,) = judged(script, RULES[rule], **settings).findings
    return finding.verdict
