"""Rules about the text that the user sees, if there is a transcript."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import pairwise, zip_longest
from typing import Final

from nemovideo_contract import wire
from nemovideo_contract.requirements.requirement import parse_sources
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.operations import Operation
from nemovideo_skills.judge.rules.broken_streams import NOTICED_S
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule
from nemovideo_skills.judge.text_format import TOKEN, seconds, without_tokens
from nemovideo_skills.judge.transcripts import Transcript, TranscriptLine

#: The allowed delay of a line in seconds: the caller shows it after it notices the time.
LATE_S: Final = 30.0
#: The number of characters that are quoted of a line.
QUOTED: Final = 60

_KEYS: Final = "code|data|message|state|draft|token|session_id|task_id|status|output|progress"
JSON: Final = re.compile(rf"""\{{\s*(?:"[\w.$-]+"|'[\w.$-]+')\s*:|^\s*data:\s*\{{|^\s*"(?:{_KEYS})"\s*:""")
TOOL: Final = re.compile(
    "|".join(map(re.escape, (wire.TOOL_GENERATE, wire.TOOL_EDIT, "tool_call", "tool_result", wire.Path.RUN_SSE)))
)
_PLACE: Final = r"(?:panel|tab|button|menu|sidebar|toolbar|timeline|dashboard|dialog|slider|icon|playhead|inspector)s?"
_PLACE_CN: Final = r"(?:面板|菜单|标签页|选项卡|按钮|侧边栏|工具栏|时间线|时间轴|滑块)"
#: An instruction for an editor. The line is searched after quoted text is replaced by `…`.
GUI: Final = re.compile(
    rf"\b(?:click|tap|double-click|right-click)\b(?: on)?(?: the| your)? (?:…|[^.!?]{{0,40}}?(?:\b{_PLACE}\b"
    r"|\b(?:export|download|save|preview|play|render|upload|share)\b))"
    rf"|\b(?:drag|drop|arrange|rearrange)\b [^.!?]{{0,60}}?\b{_PLACE}\b|\bwith the \w+ button\b|\b\w+ > \w+"
    rf"|\b(?:open|go to|switch to|head to|preview (?:it )?in)\b(?: the| your) [^.!?]{{0,24}}?\b{_PLACE}\b"
    r"|\bgo to (?:the |your )?(?:settings|account|billing)\b|\bcheck your (?:account|billing|dashboard)\b"
    r"|\b(?:adjust|edit|change|trim) (?:it|them) in the (?:editor|timeline)\b"
    rf"|(?:点击|单击|双击|拖拽|拖动)(?:…|[^。！？，]{{0,16}}(?:{_PLACE_CN}|导出|下载|保存|预览|播放)|片段)"
    rf"|(?:打开|切换到|前往)[^。！？，了]{{0,10}}{_PLACE_CN}|(?:查看|打开|前往)(?:账单|设置)页面",
    re.IGNORECASE,
)
_QUOTES: Final = re.compile(r"“[^”]*”|「[^」]*」|\"[^\"]*\"|‘[^’]*’|(?<!\w)'[^']*'(?!\w)")


def _forbid_in_lines(
    found: Callable[[str], bool], what: str, *, quotes: bool
) -> Callable[[History], Iterator[Observation]]:
    """Return the occasions of a rule that forbids something in the agent's lines, as one violation for all lines."""

    def occasions(history: History) -> Iterator[Observation]:
        if history.transcript is None or not history.exchanges:
            return
        lines = history.transcript.agent
        wrong = [line for line in lines if found(line.text)]
        if wrong:
            more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            said = f": “{_quote(wrong[0].text)}”" if quotes else ""
            yield Broken(_near(history, wrong[0]), f"{what} in line {wrong[0].number}{more}{said}.", line=wrong[0])
        elif lines:
            yield Kept(_near(history, lines[0]))

    return occasions


def _quote(words: str) -> str:
    hidden = without_tokens(words)
    return hidden if len(hidden) <= QUOTED else f"{hidden[:QUOTED].rstrip()}…"


def _near(history: History, line: TranscriptLine) -> Exchange:
    """Return the last call before a line was shown, or the first call if the time is unknown."""
    when = line.when(history.began(history.exchanges[0]))
    found = history.exchanges[0]
    for each in history.exchanges if when is not None else ():
        if when is not None and history.began(each) > when:
            break
        found = each
    return found


def told_after_edit(history: History) -> Iterator[Observation]:
    """Check each turn that was answered, if lines have times; else each line of the user."""
    transcript = history.transcript
    if transcript is None or not history.exchanges:
        return
    yield from _check_told_in_time(history, transcript) if transcript.timed else _check_told_at_all(history, transcript)


def _check_told_in_time(history: History, transcript: Transcript) -> Iterator[Observation]:
    lines = _times(history, transcript)
    turns = [each for each in history.of(Operation.MESSAGE) if each.stream is not None and each.refusal is None]
    # A transcript records a message a little later than the service receives it.
    late = 0.0 if history.virtual else NOTICED_S
    for turn, following in zip_longest(turns, turns[1:]):
        ended = history.ended(turn)
        if ended is None or turn.stream is None:
            continue
        # A turn with text may be reported while it runs; a silent turn only after its end.
        since = ended if turn.stream.silent else history.began(turn)
        until = None if following is None else history.began(following)
        place = bisect_left(lines, since)
        if place < len(lines) and (until is None or lines[place] <= until + late):
            yield Kept(turn)
        else:
            what = "The turn ended, and the user did not see its result before the next message."
            if until is None:
                what = "The turn ended, and the user did not see its result."
            end = None if following is None else following.first
            yield Broken(turn, what, (turn,), since=turn.first, until=end)


def _check_told_at_all(history: History, transcript: Transcript) -> Iterator[Observation]:
    first = history.exchanges[0]
    for line, following in pairwise([*transcript.lines, None]):
        if line is None or line.speaker != "user":
            continue
        if following is None:
            what = f"There is no reply to the user's message in line {line.number}."
            yield Broken(_near(history, line), what, since=first.first, until=None, line=line)
        elif following.speaker == "user" and following.number > line.number + 1:
            what = f"There is no reply to the user's message in line {line.number} before the next message."
            yield Broken(_near(history, line), what, line=line)
        else:
            yield Kept(first)


def still_working_said(history: History) -> Iterator[Observation]:
    """Check each turn that took longer than the allowed silence, if lines have times."""
    transcript = history.transcript
    if transcript is None or not transcript.timed or not history.exchanges:
        return
    lines = _times(history, transcript)
    limit = history.expectations.still_working
    for turn in history.of(Operation.MESSAGE):
        began, ended = history.began(turn), history.ended(turn)
        if ended is None or ended - began <= limit:
            continue
        moments = [began, *(time for time in lines if began < time < ended), ended]
        longest, since = max((later - earlier, earlier) for earlier, later in pairwise(moments))
        if longest > limit + LATE_S:
            after = f" (from {seconds(since - began)} into it)" if since > began else ""
            yield Broken(turn, f"For {seconds(longest)} of a turn{after} the user saw nothing.", (turn,))
        else:
            yield Kept(turn)


def _times(history: History, transcript: Transcript) -> list[float]:
    start = history.began(history.exchanges[0])
    return sorted(time for each in transcript.agent if (time := each.when(start)) is not None)


RULES: Final = (
    Rule(
        "no-token-shown",
        "A caller never shows a token to the user.",
        "error",
        "provable",
        parse_sources("F5 set-up (don't print tokens or raw JSON)", "F2 1.9 §3.0"),
        "Anyone who reads the chat can spend the user's credits and read the projects.",
        'Write: "Don\'t print tokens or raw JSON."',
        _forbid_in_lines(lambda text: TOKEN.search(text) is not None, "A token is shown", quotes=False),
    ),
    Rule(
        "no-raw-json-shown",
        "A caller never shows raw JSON to the user.",
        "warning",
        "likely",
        parse_sources("F5 set-up (don't print tokens or raw JSON)"),
        "The user has to read text that is meant for programs.",
        "Say what a response means in the user's language; never paste it.",
        _forbid_in_lines(lambda text: JSON.search(text) is not None, "Raw JSON is shown", quotes=True),
    ),
    Rule(
        "tools-kept-internal",
        "A caller does not show tool calls and their results to the user.",
        "note",
        "likely",
        parse_sources("F2 1.9 §3.1 (SSE handling)", "F5 stream"),
        "The user reads about tools that users can't use.",
        "Process tool calls and results; don't forward them.",
        _forbid_in_lines(
            lambda text: TOOL.search(text) is not None, "The service's inner workings are shown", quotes=True
        ),
    ),
    Rule(
        "no-gui-passed-on",
        "A caller does not pass instructions for an editor on to the user.",
        "error",
        "likely",
        parse_sources("F2 1.9 §4", "F5 translation"),
        "The user looks for a button that a chat does not have.",
        "Remove words such as click, open, drag; do it through the API, or tell the user what to say.",
        _forbid_in_lines(
            lambda text: GUI.search(_QUOTES.sub("…", text)) is not None, "An editor's instruction is shown", quotes=True
        ),
    ),
    Rule(
        "told-after-edit",
        "After every turn, a caller tells the user the result.",
        "error",
        "likely",
        parse_sources("F2 1.9 §3.1 (silent response fallback)", "F5 stream"),
        "The user thinks that a finished edit failed, or waits for nothing.",
        'Write: "Never leave the user with silence after an edit: read the state, say what changed."',
        told_after_edit,
    ),
    Rule(
        "still-working-said",
        "While a turn runs, a caller tells the user so at least every two minutes.",
        "warning",
        "provable",
        parse_sources("F2 1.9 §3.1 (SSE handling)", "F5 stream"),
        "The user thinks that the work has stopped, and leaves.",
        'Write: "Every 2 minutes of waiting, say: Still working …"',
        still_working_said,
    ),
)
