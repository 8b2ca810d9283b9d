"""Routes a user's utterance to actions: the documents' routing table, with its special cases.

Exports, credits, the state and uploads are the agent's own work and are never sent to the service's agent; everything
else is. The router splits an utterance into clauses, and each clause belongs to one action. Neighbouring clauses for
the service's agent become one message again, in the user's own words. If in doubt, a clause goes to the service's
agent: that agent answers a missed request in words, while an unwanted export takes minutes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final, Literal

from nemovideo_skills.agent import file_mentions, platform_versions
from nemovideo_skills.agent.actions_and_replies import Action, language_of
from nemovideo_skills.agent.chinese_requests import CHINESE
from nemovideo_skills.agent.clause_meaning import FILE
from nemovideo_skills.agent.english_requests import ENGLISH
from nemovideo_skills.agent.export_destinations import with_targets
from nemovideo_skills.agent.file_mentions import FileMention, find_file_mentions, folder_in
from nemovideo_skills.agent.request_patterns import RequestPatterns

#: The kind of words that decided the route.
Reason = Literal["request", "withheld", "asked how", "files", "shape", "everything else"]

_IDEOGRAPH: Final = re.compile(r"[\u3400-\u9fff]")
#: Between two files that are named together.
_TOGETHER: Final = re.compile(
    rf"(?<={FILE})(?:\s*[,，、&+]\s*|\s+|\s*(?:and|和|与|及|以及|跟)\s*)+(?:(?:also )?(?:to|as|into)\s+)?(?={FILE})",
    re.IGNORECASE,
)
#: After such a colon comes the text of a title, a caption or a script.
_DICTATED: Final = re.compile(
    r"(?<=[:：])(?<!//)[^\n.;。；!?！？]+?(?=$|[\n.;。；!?！？]|[,，]?\s*(?:(?:and )?then\b|after that\b|然后"
    r"|接着|再导出|再下载))",
    re.IGNORECASE,
)
_DICTATES: Final = re.compile(
    r"(?:\b(?:titles?|texts?|captions?|subtitles?|words?|says?|reads?|writes?|label|voice-?over|script"
    r"|slogan)\b[^:：,，.。\n]{0,24}"
    r"|(?:标题|字幕|文字|文案|旁白|写|内容|台词|标语)[^:：,，.。\n]{0,8})[:：]\s*$",
    re.IGNORECASE,
)
#: The longest clause that can be a request by itself, in characters; longer ones describe something.
_LONGEST_WISH: Final = 90
#: The longest text without a full stop that is searched for joints, in characters.
_LONGEST_SENTENCE: Final = 400
#: Actions that use the present state, before any later request changes it.
_LOOKS: Final = frozenset({Action.CREDITS, Action.STATE, Action.EXPORT})
#: A question about what an export can be, which only the service can answer.
_ABOUT_QUALITY: Final = re.compile(r"(?:\d+ ?帧|\d+ ?fps|[248]k|\d{3,4}p|格式|gif|mov).*[吗么]\s*$", re.IGNORECASE)
#: Emoji and their modifiers: they show a mood, never a request.
_EMOJI: Final = re.compile("[\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\U0001f000-\U0001faff]")
#: Verbs in the forms that follow "after you have", and their plain form.
_PLAIN_VERBS: Final[dict[str, str]] = {
    form: plain
    for plain, forms in {
        "add": "added adding", "remove": "removed removing", "delete": "deleted deleting", "make": "made making",
        "change": "changed changing", "put": "putting", "set": "setting", "fix": "fixed fixing",
        "trim": "trimmed trimming",
        "cut": "cutting", "turn": "turned turning", "move": "moved moving", "swap": "swapped swapping",
        "replace": "replaced replacing", "shorten": "shortened shortening", "use": "used using",
    }.items()
    for form in forms.split()
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Route:
    """An action for one part of an utterance.

    `text` is that part in the user's words; for SSE it is the message to the service's agent, with bare file names.
    `files` are paths and web addresses: what to upload, or the file to export to; a folder ends with a slash. `ratio`
    is the target ratio, such as "9:16", of an export in a named format and of the message before it.
    """

    action: Action
    text: str
    reason: Reason
    files: tuple[str, ...] = ()
    ratio: str = ""


@dataclass(frozen=True, slots=True)
class _Clause:
    """A part of an utterance, from `start` to `end`; without an action it says nothing by itself."""

    start: int
    end: int
    action: Action | None
    reason: Reason = "everything else"
    text: str | None = None
    files: tuple[FileMention, ...] = ()
    shapes: tuple[platform_versions.ExportFormat, ...] = ()


def route(utterance: str, known: Collection[str] = ()) -> Route:
    """Return the first route of an utterance."""
    return routes(utterance, known)[0]


def routes(utterance: str, known: Collection[str] = ()) -> tuple[Route, ...]:
    """Return all routes of an utterance, in order, at least one; `known` are the names of files uploaded before."""
    named = [
        source
        for source in with_targets(utterance, find_file_mentions(utterance))
        if not source.base or source.base not in known
    ]
    hidden = _mask(utterance, named)
    patterns = CHINESE if _IDEOGRAPH.search(hidden) else ENGLISH
    if patterns.halt.fullmatch(hidden):
        return (Route(Action.TALK, utterance, "withheld"),)
    batches = list(platform_versions.find_formats(hidden))
    for start, end, verb, _ in batches:
        hidden = hidden[:start] + verb.ljust(end - start) + hidden[end:]
    clauses = list(_clauses(utterance, hidden, patterns, named))
    clauses = _drop_withdrawn(hidden, patterns, [_with_formats(clause, batches) for clause in clauses])
    found = list(_merge(utterance, clauses))
    requests = [each for each in found if each.action is not Action.TALK]
    if requests:
        return tuple(requests)
    return tuple(found[:1]) or (Route(Action.SSE, utterance, "everything else"),)


def _mask(utterance: str, named: Sequence[FileMention]) -> str:
    """Return the text with quotes and files masked; files that are named together are masked as one."""
    hidden = _EMOJI.sub(" ", file_mentions.mask_quoted(utterance))
    for source in named:
        hidden = hidden[: source.start] + FILE * (source.end - source.start) + hidden[source.end :]
    for found in _DICTATED.finditer(hidden):
        if _DICTATES.search(hidden, 0, found.start()):
            hidden = hidden[: found.start()] + file_mentions.MASK * len(found[0]) + hidden[found.end() :]
    return _TOGETHER.sub(lambda found: FILE * len(found[0]), hidden)


def _with_formats(
    clause: _Clause, batches: Sequence[tuple[int, int, str, tuple[platform_versions.ExportFormat, ...]]]
) -> _Clause:
    """Return the clause with the formats that it names, if it is an export."""
    if clause.action is not Action.EXPORT:
        return clause
    return replace(
        clause,
        shapes=tuple(shape for start, *_, named in batches if clause.start <= start < clause.end for shape in named),
    )


def _clauses(utterance: str, hidden: str, patterns: RequestPatterns, named: Sequence[FileMention]) -> Iterator[_Clause]:
    for start, end in _parts(hidden, patterns):
        clause = hidden[start:end]
        reverse = None if patterns.hold.fullmatch(clause) else patterns.reverse.fullmatch(clause)
        late = None if reverse is None else _request(reverse["late"], patterns)
        if reverse is not None and late is not None and late.action is Action.EXPORT:
            at = start + reverse.start("early")
            if not patterns.filler.fullmatch(reverse["early"]):
                yield _Clause(at, end, Action.SSE, text=_plain(utterance[at:end]))
            yield replace(late, start=start, end=start + reverse.end("late"))
            continue
        ahead = patterns.ahead.fullmatch(clause)
        first = None if ahead is None else _request(ahead["first"], patterns)
        if ahead is not None and first is not None and first.action in _LOOKS:
            yield replace(first, start=start, end=start + ahead.end("first"))
            at = start + ahead.start("late")
            yield _Clause(at, end, Action.SSE, text=_plain(utterance[at:end]))
            continue
        condition = None if patterns.refusal.fullmatch(clause) else patterns.condition.fullmatch(clause)
        if condition is not None:
            at = start + condition.start("early")
            yield _Clause(start, end, Action.SSE, text=_plain(utterance[at:end]))
            continue
        inside = tuple(source for source in named if start <= source.start < end)
        yield from _read(clause, start, patterns, inside)


def _drop_withdrawn(hidden: str, patterns: RequestPatterns, clauses: Sequence[_Clause]) -> list[_Clause]:
    """Return the clauses; a request that the next clause withdraws becomes TALK, and a mere reason loses its action."""
    found = list(clauses)
    if len(found) > 1 and patterns.refusal.fullmatch(hidden[found[0].start : found[0].end]):
        found[0] = replace(found[0], action=None)
    last = 0  # the clause that the next one may refer to
    for at, after in enumerate(clauses[1:], 1):
        clause, said = found[last], hidden[after.start : after.end]
        asked = clause.action not in (Action.SSE, None)
        if patterns.refusal.fullmatch(said):
            if asked:
                found[last] = replace(clause, action=Action.TALK, reason="withheld")
            found[at] = replace(after, action=None)
            continue
        if asked and after.action is Action.SSE and patterns.words.continues(said, clause.action):
            found[at] = replace(after, action=clause.action, reason=clause.reason)
        elif clause.action is Action.EXPORT and patterns.contrast.match(hidden, clause.end, after.end):
            if patterns.longing.match(hidden, clause.start, clause.end):
                found[last] = replace(clause, action=Action.TALK, reason="withheld")
            elif after.action is Action.SSE:  # "export it, but without the logo": remove the logo first
                found[last], found[at] = after, clause
        elif (
            clause.action is Action.EXPORT
            and after.action is Action.SSE
            and (patterns.condition.fullmatch(said) or patterns.without.match(hidden, clause.end, after.end))
        ):
            found[last], found[at] = after, clause
        elif after.action is Action.EXPORT and patterns.reason.fullmatch(hidden[clause.start : clause.end]):
            found[last] = replace(clause, action=None)
        if found[at].action is not None:
            last = at
    return found


def _parts(hidden: str, patterns: RequestPatterns) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each clause, without surrounding white space."""
    at = 0
    for found in patterns.breaks.finditer(hidden):
        # "等一下再导出" postpones the export; split at "再" it would ask for it.
        held = patterns.hold.match(hidden, at)
        if held is None or held.end() <= found.start():
            yield from _split_at_joints(hidden, at, found.start(), patterns)
            at = found.end()
    yield from _split_at_joints(hidden, at, len(hidden), patterns)


def _split_at_joints(hidden: str, start: int, end: int, patterns: RequestPatterns) -> Iterator[tuple[int, int]]:
    """Split a clause at its joints if one side is a request and the whole is not."""
    whole = hidden[start:end].strip()
    request = _request(whole, patterns)
    if request is not None and request.action in (Action.CREDITS, Action.STATE):
        for found in patterns.joints.finditer(hidden, start, end):
            late = _request(hidden[found.end() : end].strip(), patterns)
            early = hidden[start : found.start()].strip()
            # "查一下积分再导出" is two requests, "积分够再导出吗" is one question.
            if late is not None and late.action is Action.EXPORT and patterns.look.fullmatch(early):
                yield from _strip(hidden, start, found.start())
                yield from _strip(hidden, found.end(), end)
                return
    if len(whole) > _LONGEST_SENTENCE or patterns.reported.match(whole) or request is not None:
        yield from _strip(hidden, start, end)
        return
    at = start
    for found in patterns.joints.finditer(hidden, start, end):
        sides = (hidden[at : found.start()], hidden[found.end() : end])
        requests = [_request(side.strip(), patterns) for side in sides]
        if any(request is not None and request.action is not Action.TALK for request in requests):
            yield from _strip(hidden, at, found.start())
            at = found.end()
    yield from _strip(hidden, at, end)


def _strip(hidden: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    words = hidden[start:end]
    inner = words.strip()
    if inner:
        at = start + words.index(inner)
        yield at, at + len(inner)


def _read(clause: str, start: int, patterns: RequestPatterns, named: tuple[FileMention, ...]) -> Iterator[_Clause]:
    end = start + len(clause)
    if patterns.filler.fullmatch(clause) and not patterns.state.fullmatch(clause):
        yield _Clause(start, end, None)
        return
    before = patterns.before.match(clause)
    if before is not None:
        yield from _read(clause[before.end() :], start + before.end(), patterns, named)
        return
    request = _request(clause, patterns)
    if request is not None:
        yield replace(request, start=start, end=end, files=named)
    elif named and patterns.only_files.fullmatch(clause):
        yield _Clause(start, end, Action.UPLOAD, "files", files=named)
    else:
        yield _Clause(start, end, Action.SSE, files=named)


def _request(clause: str, patterns: RequestPatterns) -> _Clause | None:
    """Return the request that a clause makes, or None."""
    clause = clause.rstrip(" .!?。！？~…")
    if len(clause.replace(FILE, "")) > _LONGEST_WISH:
        return None
    if patterns.how.fullmatch(clause):
        return _Clause(0, 0, Action.TALK, "asked how")
    polite = patterns.polite.match(clause)
    bare = clause[polite.end() :] if polite else clause
    for words in dict.fromkeys((clause, bare)):
        if patterns.hold.fullmatch(words):
            return _Clause(0, 0, Action.TALK, "withheld")
        if patterns.export.fullmatch(words) and not _ABOUT_QUALITY.search(clause):
            return _Clause(0, 0, Action.EXPORT, "request")
        if FILE in words:
            continue
        for pattern, action in (
            (patterns.credits, Action.CREDITS),
            (patterns.state, Action.STATE),
            (patterns.upload, Action.UPLOAD),
        ):
            if pattern.fullmatch(words):
                return _Clause(0, 0, action, "request")
    if _ABOUT_QUALITY.search(clause) or patterns.reported.match(clause):
        return None
    meaning = patterns.words.meaning(bare)
    if meaning is None:
        meaning = patterns.words.meaning(clause)
        # "Don't forget to export" is a request, not a refusal.
        if meaning is None or (polite is not None and meaning[1] == "withheld"):
            return None
    return _Clause(0, 0, *meaning)


def _plain(words: str) -> str:
    """Turn a past form into a request: "removed the music" becomes "remove the music"."""
    first, _, rest = words.strip().partition(" ")
    return f"{_PLAIN_VERBS.get(first.lower(), first)} {rest}".strip()


def _merge(utterance: str, clauses: Sequence[_Clause]) -> Iterator[Route]:
    """Yield the routes of all clauses; neighbours with the same action become one route."""
    spoken = [clause for clause in clauses if clause.action is not None]
    for action, group in groupby(spoken, key=lambda clause: clause.action):
        assert action is not None
        run = list(group)
        files = [source for clause in run for source in clause.files if action is Action.EXPORT or not source.is_target]
        names = tuple(source.name for source in files)
        if action is not Action.SSE:
            text = " ".join(utterance[clause.start : clause.end] for clause in run)
            if action is Action.EXPORT:
                if any(clause.shapes for clause in run):
                    for clause in run:
                        yield from _in_shapes(utterance, clause)
                    continue
                # Each target file is a separate export.
                for name in names or (folder_in(text) or "",):
                    yield Route(action, text, run[0].reason, (name,) if name else ())
                continue
            yield Route(action, text, run[0].reason, names)
            continue
        if names:
            yield Route(Action.UPLOAD, ", ".join(names), "files", names)
        yield Route(action, _message(utterance, clauses, run, files), run[0].reason)


def _in_shapes(utterance: str, clause: _Clause) -> Iterator[Route]:
    """Yield an export in each named format: the message to the service's agent, and then the file."""
    said = utterance[clause.start : clause.end]
    language = language_of(said) or "en"
    files = [source.name for source in clause.files]
    folder = folder_in(said) or ""
    if len(files) == 1 and (len(clause.shapes) > 1 or files[0].endswith("/")):
        folder = f"{files[0].rstrip('/')}/"
    for at, shape in enumerate(clause.shapes):
        yield Route(Action.SSE, platform_versions.ratio_request(shape, language), "shape", ratio=shape.ratio)
        own = files[at] if len(files) == len(clause.shapes) and not folder else f"{folder}video-{shape.name}.mp4"
        yield Route(Action.EXPORT, platform_versions.describe_format(shape, language), "shape", (own,), shape.ratio)
    if not clause.shapes:
        yield Route(Action.EXPORT, said, clause.reason, tuple(files[:1]))


def _message(utterance: str, clauses: Sequence[_Clause], run: Sequence[_Clause], files: Sequence[FileMention]) -> str:
    """Return the message to the service's agent: the whole utterance if all of it is for that agent, else the run's
    part.
    """
    if all(clause.action in (Action.SSE, None) for clause in clauses):
        return _bare(utterance, 0, len(utterance), files).strip()
    at = clauses.index(run[0])
    if any(clause.text is not None for clause in run) or list(clauses[at : at + len(run)]) != list(run):
        return ", ".join(clause.text or _bare(utterance, clause.start, clause.end, files) for clause in run)
    return _bare(utterance, run[0].start, run[-1].end, files)


def _bare(utterance: str, start: int, end: int, files: Sequence[FileMention]) -> str:
    """Return a part of the utterance, with the service's names for its files."""
    text = ""
    for source in files:
        if start <= source.start and source.end <= end:
            text += utterance[start : source.start] + (source.base or source.name)
            start = source.end
    return text + utterance[start:end]
