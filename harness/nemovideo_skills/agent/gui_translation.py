"""Translates the service's instructions for buttons and panels into what a user of a chat can do.

The service assumes that its user has an editor. In a chat, its instructions for that editor are useless, but its
content is useful. So each sentence is treated separately. A sentence with only instructions is dropped and becomes an
offer; in a sentence with content, only the instruction is reworded. Quoted words are content. Sources: the translation
tables of both seeds, and the vendor's SKILL 1.9, section 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from nemovideo_skills.agent import file_mentions
from nemovideo_skills.agent.actions_and_replies import Action, Language, language_of


@dataclass(frozen=True, slots=True)
class Translation:
    """A text without instructions for an editor.

    `content` is the rest of the text, which may be empty; `actions` are the actions of the instructions, each once, in
    order; `offers` says how to get them in this chat, one sentence per action.
    """

    content: str
    actions: tuple[Action, ...] = ()
    offers: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The content, then the offers."""
        gap = "" if language_of("".join(self.offers)) == "zh" else " "
        return gap.join(part for part in (self.content, *self.offers) if part)


#: The words for each action: inside a sentence, and as a separate sentence.
_INSTEAD: Final[dict[Language, dict[Action, tuple[str, str]]]] = {
    "en": {
        Action.EXPORT: ("say “export” to get the file", "Say “export” to get the file."),
        Action.STATE: ("say “status” to see the tracks", "Say “status” to see the tracks."),
        Action.CREDITS: ("say “credits” to see your balance", "Say “credits” to see your balance."),
        Action.UPLOAD: ("name a file or a link", "Name a file or a link, and I upload it."),
        Action.SSE: ("tell me what to change", "To change anything, just tell me what."),
    },
    "zh": {
        Action.EXPORT: ("说“导出”获取文件", "说“导出”即可获取文件。"),
        Action.STATE: ("说“状态”查看轨道", "说“状态”即可查看轨道。"),
        Action.CREDITS: ("说“积分”查看余额", "说“积分”即可查看余额。"),
        Action.UPLOAD: ("告诉我文件路径或链接", "告诉我文件路径或链接，我来上传。"),
        Action.SSE: ("告诉我要改什么", "想改什么，直接告诉我即可。"),
    },
}

# --- English ----------------------------------------------------------------------------------------------------------

_PRESS: Final = r"(?:double-|right-|left-)?(?:click|tap|press|hit)\b"
_PLACE: Final = (
    r"\b(?:panels?|tabs?|pane|sidebar|menu|dashboard|settings|dialog|inspector|media player|editor|workspace"
    r"|timeline|library|buttons?"
    r"|sliders?|toolbar|icon|checkbox|playhead|thumbnails?|preview|(?:preview|editor|main|player|project"
    r"|properties) window|account|billing"
    r"|export (?:page|screen|options?))\b"
)
_GO: Final = (
    r"(?:open|expand|go to|switch to|head to|navigate to|visit|use|check|see|view|preview|watch|review|find"
    r"|look at|manage|adjust|arrange"
    r"|rearrange|reorder|move|trim|edit|change|tweak|fine-tune|resize|select|choose|push|download|save|export|get"
    r"|drop|scroll|upload|import)"
)
_ENGLISH: Final = re.compile(
    r"(?:^|(?<=\s))(?:(?:please|just|simply|then|also|now|or|and|next|first|finally|directly)\s+)*(?:(?:you"
    r"|which you|they) (?:can|may|could)"
    rf"(?: also| then| always| now)? )?(?:please )?(?:{_PRESS}|drag\b|hover over\b|{_GO}\b(?=[^.]*{_PLACE}))",
    re.IGNORECASE,
)
_ENGLISH_PARTS: Final = re.compile(
    r"[,;:()–—]+\s*|\s+(?:or|then|and then|and)\s+(?!(?:drop|billing|account|downloading|dropping|release)\b)",
    re.IGNORECASE,
)
_ENGLISH_FILLER: Final = re.compile(
    r"(?:\b(?:please|or|and|then|you can|you may|just|now|also|to [a-z-]+(?: (?:it|them|that|this|anything|the"
    r"|your|file|video|clip|result"
    r"|tracks|changes|order|something))*|if you(?:'d|’d| would)? (?:like|want|need|wish|prefer)(?: (?:it|to"
    r"|the result|that|a change))*"
    r"|when(?:ever)? you(?:'re|’re| are) (?:happy|done|ready|finished|satisfied)(?: with (?:it|the result))?"
    r"|once you(?:'re|’re| are) (?:happy|done|ready|satisfied)(?: with (?:it|the result))?|simply|from there"
    r"|there|first|finally|next|for that|enjoy(?: (?:it|your (?:video|clip|reel)|the (?:result|video|clip|show)))?"
    r"|instead|when ready|as you like|directly|after that|all you have to do)\b|[\s.!…])*",
    re.IGNORECASE,
)

# --- Chinese ----------------------------------------------------------------------------------------------------------

_CN_PRESS: Final = r"(?:点击|点按|单击|双击|右击|按下|轻点|点一下|点选|拖拽|拖放|拖动|拖入|悬停)"
_CN_PLACE: Final = (
    r"(?:面板|窗口|标签页|选项卡|菜单|工具栏|侧边栏|播放器|编辑器|工作区|素材库|时间线|时间轴|按钮|滑块|账户|账号"
    r"|账单|设置页面?|属性栏|预览区)"
)
_CHINESE: Final = re.compile(
    rf"^(?:请|您|你|也|还|可以|可|直接|先|再|或者|或|然后|接着|只需|只要|即可|在[^，。；了]{{0,10}}?(?:上|里|中"
    r"|处)?)*"
    rf"(?:{_CN_PRESS}|(?:打开|展开|切换到|前往|进入|选择|使用|查看|转到|到)(?=[^了]*{_CN_PLACE}))"
)
#: A clause that only its place connects to the editor: "在时间线面板预览".
_CN_INSIDE: Final = re.compile(
    rf"^(?:请|您|你|也|还|可以|可|直接|先|再|或者|或)*在(?:[^，。；了]{{0,8}}{_CN_PLACE}|{file_mentions.MASK}+(?:中|里))"
)
_CHINESE_PARTS: Final = re.compile(
    r"[，；：、（）()]+|(?<=.)(?:然后|接着|后(?=自行|再|点击|即|请)|(?=或(?:者|直接)*(?:点击|打开|在))|并(?=点击"
    r"|打开))"
)
_CHINESE_FILLER: Final = re.compile(
    r"(?:如需调整|如果需要调整|如果|满意的话|满意后?|喜欢的话|的话|如需|需要|如要|然后|接着|之后|或者|或|和|并|再"
    r"|即可|就行|请|你|您|可以|可|也|还"
    r"|直接|后|想要|调整|修改|保存|下载|查看|[\s。！!.])*"
)

#: Where an instruction may begin inside a clause.
_INNER: Final = re.compile(
    r"(?<=\s)(?:which )?you (?:can|may|could)\b|(?<=\s)please\b|(?<=的话)(?=点击|打开)", re.IGNORECASE
)
_INSTRUCTION: Final[dict[Language, re.Pattern[str]]] = {"en": _ENGLISH, "zh": _CHINESE}
_PARTS: Final[dict[Language, re.Pattern[str]]] = {"en": _ENGLISH_PARTS, "zh": _CHINESE_PARTS}
_FILLER: Final[dict[Language, re.Pattern[str]]] = {"en": _ENGLISH_FILLER, "zh": _CHINESE_FILLER}
#: The action of an instruction, by its words; the first match counts.
_ABOUT: Final[tuple[tuple[Action, re.Pattern[str]], ...]] = tuple(
    (action, re.compile(pattern, re.IGNORECASE))
    for action, pattern in (
        (Action.CREDITS, r"\b(?:account|billing|credits?|balance|subscription)\b|账户|账号|账单|积分|余额"),
        (Action.UPLOAD, r"\b(?:upload|import|media (?:panel|library)|add media)\b|上传|导入|素材(?:面板|库)"),
        (Action.EXPORT, r"\b(?:export|download|save|render)\b|导出|下载|保存"),
        (
            Action.SSE,
            (
                r"\b(?:drag|slider|handle|adjust|arrange|rearrange|reorder|trim|edit|change|tweak|move|resize)\b|拖"
                r"|滑块|调整|修改|编辑|排列"
            ),
        ),
        (
            Action.STATE,
            (
                r"\b(?:open|expand|go to|switch to|head to|navigate to|preview|watch|view|see|check|play|timeline"
                r"|panel|review|tab)\b"
                r"|打开|展开|切换|前往|进入|预览|查看|播放|时间线|时间轴|面板"
            ),
        ),
    )
)
_JOINING: Final = (
    r"[,;:，；：、\s]*(?:\b(?:and then|or|and|then)\b|或者|或|然后|并)?\s*(?:\b(?:just|simply|please)\b\s*|直接"
    r"|请)?"
)
#: Words that join a removed clause to the next one, or to the one before.
_JOINT: Final = re.compile(_JOINING, re.IGNORECASE)
_JOINT_BEFORE: Final = re.compile(rf"{_JOINING}$", re.IGNORECASE)
#: A sentence with the space after it; a point inside a number or a name does not end it.
_SENTENCE: Final = re.compile(
    r"[^.!?。！？\n]*(?:(?:[.!?](?![\s\n]|$)|[.!?。！？]*(?=[”\"’」』)）]))[^.!?。！？\n]*)*[.!?。！？\n]*\s*"
)


def translate(text: str) -> Translation:
    """Return the text with every instruction for an editor removed or reworded."""
    actions: dict[Action, Language] = {}
    kept: list[str] = []
    for sentence in _sentences(text):
        said, about = _sentence(sentence)
        language = language_of(sentence) or "en"
        for action in about:
            actions.setdefault(action, language)
        kept.append(said)
    content = "".join(kept).strip()
    offers = tuple(
        _INSTEAD[language][action][1]
        for action, language in actions.items()
        if _INSTEAD[language][action][0].casefold() not in content.casefold()
    )
    return Translation(content, tuple(actions), offers)


def _sentences(text: str) -> Iterator[str]:
    for found in _SENTENCE.finditer(text):
        if found[0]:
            yield found[0]


def _sentence(sentence: str) -> tuple[str, list[Action]]:
    """Return the rest of a sentence, with the space after it, and the actions of its instructions."""
    hidden = file_mentions.mask_quoted(sentence)
    language = language_of(hidden.replace(file_mentions.MASK, "")) or "en"
    parts = list(_parts(hidden, language))
    spans = [
        (start, end, _about(sentence[start:end])) for start, end in parts if _instructs(hidden[start:end], language)
    ]
    if not spans:
        return sentence, []
    told = {(start, end) for start, end, _ in spans}
    if all((start, end) in told or _FILLER[language].fullmatch(hidden[start:end]) for start, end in parts):
        return "", list(dict.fromkeys(action for _, _, action in spans))
    said = _reword(sentence, spans, language)
    if said.strip(" .!?。！？…\n").casefold() in {inside.casefold() for inside, _ in _INSTEAD[language].values()}:
        said = ""  # the offer already says this
    return said, list(dict.fromkeys(action for _, _, action in spans))


def _parts(hidden: str, language: Language) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each clause of a sentence; an instruction inside a clause begins a new one."""
    whole = len(hidden.rstrip().rstrip(".!?。！？…"))
    at = 0
    for found in (*_PARTS[language].finditer(hidden, 0, whole), None):
        end = whole if found is None else found.start()
        if at < end:
            inner = _INNER.search(hidden, at, end)
            if inner is not None and not _instructs(hidden[at:end], language):
                yield at, inner.start()
                at = inner.start()
            yield at, end
        at = end if found is None else found.end()


def _instructs(clause: str, language: Language) -> bool:
    if language == "zh" and _CN_INSIDE.match(clause) and "了" not in clause:
        return True
    return _INSTRUCTION[language].match(clause) is not None


def _about(clause: str) -> Action:
    return next((action for action, pattern in _ABOUT if pattern.search(clause)), Action.SSE)


def _reword(sentence: str, spans: list[tuple[int, int, Action]], language: Language) -> str:
    """Reword the instructions of a sentence; drop one, with its conjunction, if its words are there already."""
    words, at = "", 0
    whole = sentence.casefold()
    told: set[Action] = set()
    for start, end, action in spans:
        instead = _INSTEAD[language][action][0]
        words += sentence[at:start]
        at = end
        if action in told or instead.casefold() in whole:
            joint = _JOINT.match(sentence, end)
            if joint is not None and re.search(r"\w", sentence[joint.end() :]):
                at = joint.end()
            else:
                words = _JOINT_BEFORE.sub("", words)
        else:
            words += instead
        told.add(action)
    words += sentence[at:]
    if not sentence[: spans[0][0]].strip():
        lead = len(words) - len(words.lstrip())
        words = words[:lead] + words[lead : lead + 1].upper() + words[lead + 1 :]
    return words
