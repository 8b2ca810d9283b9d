"""Requirements on sessions: how a caller creates one, who may see it, and how long it exists."""

from __future__ import annotations

from typing import Final

from nemovideo_contract.requirements.requirement import ASSUMED, SESSION, TOKEN, UPLOAD, Requirement, parse_sources

REQUIREMENTS: Final = (
    Requirement(
        "session-create",
        "POST /api/tasks/me/with-session/nemo_agent returns a task_id and a session_id.",
        parse_sources("F0 step 1", "F1 with-session", "F2 1.9 §3.0", "F3 §3.0", "F5 setup"),
        cost=SESSION,
    ),
    Requirement(
        "session-id",
        "A session_id is a string of 19 decimal digits.",
        parse_sources("F0 step 1", "F1 with-session"),
        cost=SESSION,
    ),
    Requirement(
        "session-user-id",
        "The response to a new session has the user_id of its account; links for people use it.",
        parse_sources("F0 step 1", "F1 with-session", "F2 1.9 §7, by its use"),
        cost=SESSION,
    ),
    Requirement(
        "session-new",
        "Each call creates another task and another session.",
        parse_sources("F5 one skill", "F2 1.9 §3.0"),
        cost=SESSION,
    ),
    Requirement(
        "session-language-optional",
        "A request for a session needs no language.",
        parse_sources("F5 setup, seed image-to-video-generator"),
        cost=SESSION,
    ),
    Requirement(
        "session-language",
        "A request for a session can have any language code, such as en, zh-CN and ja.",
        parse_sources("F1 with-session", "F2 1.9 §3.0", "F5 setup, seed image-to-video-in-flow"),
        cost=SESSION,
    ),
    Requirement(
        "session-name",
        "A request for a session can have any task_name, and the state shows it.",
        parse_sources("F0 step 1 and 4", "F3 nine names"),
        cost=SESSION,
    ),
    Requirement(
        "session-name-optional",
        "A request for a session needs no task_name.",
        parse_sources("ours every document sends one"),
        standing=ASSUMED,
        cost=SESSION,
    ),
    Requirement(
        "user-me",
        "Wherever a path or a message names the user, me means the account of the token.",
        parse_sources("F2 1.0 to 1.9 §3", "F3 §3", "F5 calls"),
        cost=UPLOAD,
    ),
    Requirement(
        "user-real-id",
        "The account's own user_id works wherever me works.",
        parse_sources("F0 step 1 to 4", "F1 all calls", "F2 4.5.1 to 4.6"),
        cost=UPLOAD,
    ),
    Requirement(
        "user-foreign",
        "A path with the ID of another user gets 1002.",
        parse_sources("ours the documents only name me and the caller's own id"),
        standing=ASSUMED,
    ),
    Requirement(
        "code-1002",
        "A state, upload or export request for a session that does not exist gets 1002.",
        parse_sources("F0 errors", "F1 errors", "F2 1.9 §7", "F3 §7", "F5 errors"),
    ),
    Requirement(
        "session-isolated",
        "A request for another account's session gets 1002, as if the session did not exist.",
        parse_sources("ours no document names a code for it"),
        standing=ASSUMED,
        cost=TOKEN + SESSION,
    ),
    Requirement(
        "session-lives",
        "A session still exists after later sessions were created.",
        parse_sources("F2 1.9 §3.4", "F3 §3.4"),
        cost=SESSION,
    ),
    Requirement(
        "session-idle",
        "A session that is idle for the profile's time gets 1002.",
        parse_sources("F3 two skills, without a number"),
        profiles=("session_idle>0",),
        cost=SESSION,
    ),
    Requirement(
        "session-lost",
        "Every later call to a lost session gets 1002, and a new session works.",
        parse_sources("F2 1.9 §7", "F6 both skills"),
        needs="session_lost",
        cost=SESSION,
    ),
)
