"""Rules about routing: requests that a caller must handle itself and not send to the agent.

Only whole messages count: "Add a title 'Download now'" and "Don't export yet, make it brighter" belong to the agent. So
these rules miss a request inside a longer message, but they hardly ever report a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from nemovideo_contract.requirements.requirement import parse_sources
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.operations import Operation
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule

#: The largest message that is checked, in characters.
LONGEST: Final = 80

_POLITE: Final = (
    r"(?:(?:ok(?:ay)?|great|good|looks good|perfect|thanks|now|then|please|just|the user (?:wants|would like) to"
    r"|(?:can|could|would|will) you(?: please)?|i(?:'d| would) like to|i want to|i want you to|let's|let us"
    r"|help me(?: to)?|go ahead and)[\s,.!]+)*"
)
_POLITE_CN: Final = (
    r"(?:好的?|请|麻烦|帮我|帮忙|我想要?|我要|现在|直接|用户想要?|可以|能不能|能否|能|赶紧|重新|别忘了|给我|你|您"
    r"|[，,。！!\s])*"
)
_VIDEO: Final = (
    r"(?:it|this|that|everything|(?:(?:the|my|this|our) )?(?:final |finished |whole |current )?"
    r"(?:video|clip|movie|film|mp4|file|result|project|draft|timeline)(?: file)?)"
)
_VIDEO_CN: Final = r"(?:这个|该|我的|最终的?|完整的?|成品)?(?:视频|影片|成片|短片|片子|文件|作品|它|mp4)"
_BUTTON: Final = r"['\"“”‘’「」]?(?:export|download|save|render|upload|share|preview|play|generate)['\"“”‘’「」]?"

_EXPORT: Final = (
    rf"(?:export|download)(?: {_VIDEO})?|(?:save|deliver) (?:the|my) (?:video|file|mp4)|(?:send|give|get) me {_VIDEO}"
    rf"|(?:start|do|run) (?:the|an) export|export (?:and|&) download(?: {_VIDEO})?"
)
_EXPORT_CN: Final = (
    rf"(?:开始)?(?:导出|下载|保存)(?:{_VIDEO_CN})?(?:为 ?\S+\.mp4)?"
    rf"|(?:把|将){_VIDEO_CN}(?:导出|下载|发(?:送)?(?:给)?我?|传给我)"
    rf"|(?:发给我|发我|发送){_VIDEO_CN}"
)
_CREDITS: Final = (
    r"(?:(?:check|show|see|get|tell)(?: me)? )?(?:(?:my|the) )?(?:remaining |current |account )?"
    r"(?:credits|credit balance|balance|credits balance|account balance)(?: left)?"
    r"|how many credits (?:do i (?:still )?have|are left|have i got|left)(?: left)?"
    r"|what(?:'s| is) my (?:(?:credit|account) )?balance"
)
_CREDITS_CN: Final = (
    r"(?:查看|查询|查一下|查|看看|看一下|显示)?(?:我的|账户|当前|剩余)*(?:积分余额|积分|余额)(?:是|还剩|还有|剩)?(?:多少)?"
    r"|我?还?(?:有|剩)(?:下)?多少(?:积分|余额)"
)
_STATE: Final = (
    r"(?:(?:check|show|see|get)(?: me)? )?(?:(?:the|my|current) )*"
    r"(?:status|tracks|project status|timeline)"
)
_STATE_CN: Final = r"(?:查看|显示|看看|看一下)?(?:当前|项目|现在的?)*(?:状态|轨道|时间线)"
_UPLOAD: Final = (
    r"upload(?: (?:it|this|(?:(?:a|the|my|this|these|some) )?(?:new )?"
    r"(?:file|photo|picture|image|video|clip)s?|\S+\.[a-z0-9]{2,4}))?"
)
_UPLOAD_CN: Final = r"上传(?:一个|一张|一段|这个|这些|我的)?(?:文件|图片|照片|视频|素材)?(?: ?\S+\.[a-z0-9]{2,4})?"


def _wish(english: str, chinese: str) -> re.Pattern[str]:
    return re.compile(
        rf"{_POLITE}(?:{english})(?: (?:now|again|please|for me|as (?:an )?mp4|to mp4|(?:to|as) \S+\.mp4))*"
        f"|{_POLITE_CN}(?:{chinese})(?:一下|吧|吗|呢|了|给我|出来|谢谢)*"
    )


#: The subject of a message, by its whole text in lower case, without punctuation at its end.
USER_REQUESTS: Final = {
    "an export": _wish(_EXPORT, _EXPORT_CN),
    "the credits": _wish(_CREDITS, _CREDITS_CN),
    "the state": _wish(_STATE, _STATE_CN),
    "an upload": _wish(_UPLOAD, _UPLOAD_CN),
}

#: A click, as a whole message.
CLICK: Final = re.compile(
    rf"{_POLITE}(?:(?:click|tap|press|hit)(?: on)?(?: the)? {_BUTTON}(?: button| icon)?"
    r"|(?:open|go to|switch to)(?: the)? [a-z ]{0,24}(?:panel|tab|menu|sidebar|toolbar|dashboard))"
    r"(?: (?:now|again|please|for me))*"
    rf"|{_POLITE_CN}(?:点击|点一下|单击|按下?)(?:{_BUTTON}|[“「\"'‘]?(?:导出|下载|保存|上传|分享|预览|播放|生成)[”」\"'’]?)(?:按钮|键)?"
    r"|(?:打开|切换到|进入).{0,10}(?:面板|菜单|标签页|选项卡|侧边栏)"
)
_STOPS: Final = " \t\r\n.!?,;:~…。！？，；：、"


def user_request_of(message: str) -> str | None:
    """Return the subject that the caller must handle itself, or None if the agent must, or if it is unclear."""
    words = _plain(message)
    return (
        next((request for request, pattern in USER_REQUESTS.items() if pattern.fullmatch(words)), None)
        if words
        else None
    )


def is_click(message: str) -> bool:
    """Return whether a message tells the agent to use an editor."""
    words = _plain(message)
    return bool(words) and CLICK.fullmatch(words) is not None


def _plain(message: str) -> str:
    words = message.strip(_STOPS + "'\"“”‘’「」").casefold().replace("’", "'")
    return " ".join(words.split()) if len(words) <= LONGEST else ""


def wishes_not_sent(history: History) -> Iterator[Observation]:
    """Check each message with text."""
    for each in history.of(Operation.MESSAGE):
        if each.message is None:
            continue
        request = user_request_of(each.message)
        if request is None:
            yield Kept(each)
        else:
            yield Broken(each, f"The agent was asked for {request}: “{each.message.strip()}”.", (each,))


def gui_words_not_sent(history: History) -> Iterator[Observation]:
    """Check each message with text."""
    for each in history.of(Operation.MESSAGE):
        if each.message is None:
            continue
        if is_click(each.message):
            yield Broken(each, f"The agent was told to use an editor: “{each.message.strip()}”.", (each,))
        else:
            yield Kept(each)


RULES: Final = (
    Rule(
        "wishes-not-sent",
        "A caller handles requests about exports, credits, the state and uploads itself, and does not send them to"
        " the agent.",
        "error",
        "likely",
        parse_sources("F2 1.9 §2, §3.5", "F5 routing"),
        "The agent tells the user to click a button that does not exist, and the user gets no file.",
        "Check the routing table before every message: export, credits, status and upload have their own calls.",
        wishes_not_sent,
    ),
    Rule(
        "gui-words-not-sent",
        "A caller translates instructions for an editor into API calls, and does not send them to the agent.",
        "warning",
        "likely",
        parse_sources("F2 1.9 §4", "F5 translation"),
        "The agent has no editor: the message costs credits, and nothing happens.",
        "Translate: Export button -> export, open a panel -> read the state, drag -> say what to change.",
        gui_words_not_sent,
    ),
)
