"""Sessions: how one is made, who may see it, and how long it lives."""

from __future__ import annotations

from typing import Final

from nemovideo_contract.requirements.requirement import ASSUMED, SESSION, TOKEN, UPLOAD, Requirement, said

REQUIREMENTS: Final = (
    Requirement(
        "session-create",
        "POST /api/tasks/me/with-session/nemo_agent answers a task_id and a session_id.",
        said("F0 step 1", "F1 with-session", "F2 1.9 §3.0", "F3 §3.0", "F5 setup"),
        cost=SESSION,
    ),
    Requirement(
        "session-id",
        "A session_id is a string of 19 decimal digits.",
        said("F0 step 1", "F1 with-session"),
        cost=SESSION,
    ),
    Requirement(
        "session-user-id",
        "A new session's answer has the user_id of its account, which links for people bind to.",
        said("F0 step 1", "F1 with-session", "F2 1.9 §7, by its use"),
        cost=SESSION,
    ),
    Requirement(
        "session-new",
        "Each call makes another task and another session.",
        said("F5 one skill", "F2 1.9 §3.0"),
        cost=SESSION,
    ),
    Requirement(
        "session-language-optional",
        "A session needs no language.",
        said("F5 setup, seed image-to-video-generator"),
        cost=SESSION,
    ),
    Requirement(
        "session-language",
        "A session takes any language code, such as en, zh-CN and ja.",
        said("F1 with-session", "F2 1.9 §3.0", "F5 setup, seed image-to-video-in-flow"),
        cost=SESSION,
    ),
    Requirement(
        "session-name",
        "A session takes any task_name, and its state shows it.",
        said("F0 step 1 and 4", "F3 nine names"),
        cost=SESSION,
    ),
    Requirement(
        "session-name-optional",
        "A session needs no task_name.",
        said("ours every document sends one"),
        standing=ASSUMED,
        cost=SESSION,
    ),
    Requirement(
        "user-me",
        "me stands for the token's account wherever a path or a message names the user.",
        said("F2 1.0 to 1.9 §3", "F3 §3", "F5 calls"),
        cost=UPLOAD,
    ),
    Requirement(
        "user-real-id",
        "The account's own user_id is taken wherever me is.",
        said("F0 step 1 to 4", "F1 all calls", "F2 4.5.1 to 4.6"),
        cost=UPLOAD,
    ),
    Requirement(
        "user-foreign",
        "Another user's id in a path is answered 1002.",
        said("ours the documents only name me and the caller's own id"),
        standing=ASSUMED,
    ),
    Requirement(
        "code-1002",
        "A session that nobody made is answered 1002 to a state, an upload and an export.",
        said("F0 errors", "F1 errors", "F2 1.9 §7", "F3 §7", "F5 errors"),
    ),
    Requirement(
        "session-isolated",
        "Another account's session is answered 1002, as one that nobody made.",
        said("ours no document names a code for it"),
        standing=ASSUMED,
        cost=TOKEN + SESSION,
    ),
    Requirement(
        "session-lives",
        "A session that was made before others is still there after them.",
        said("F2 1.9 §3.4", "F3 §3.4"),
        cost=SESSION,
    ),
    Requirement(
        "session-idle",
        "A session that nobody uses for the profile's time is answered 1002.",
        said("F3 two skills, without a number"),
        profiles=("session_idle>0",),
        cost=SESSION,
    ),
    Requirement(
        "session-lost",
        "A session that is gone is answered 1002 on every call from then on, and a new one works.",
        said("F2 1.9 §7", "F6 both skills"),
        needs="session_lost",
        cost=SESSION,
    ),
)
