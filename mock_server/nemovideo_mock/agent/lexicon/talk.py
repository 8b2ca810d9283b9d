"""Phrases that need an answer but no work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from nemovideo_mock.agent.edit_requests import TalkTopic

TALK: Final[tuple[tuple[str, TalkTopic], ...]] = (
    (
        (
            r"^(?: )?(?:hi|hello|hey|hiya|howdy|greetings|good (?:morning|afternoon|evening|day))(?: there"
            r"| nemo| again| everyone)?\b|^ ?(?:你好啊?|您好|嗨|哈喽|哈啰|大家好|早上好|下午好|晚上好)"
        ),
        "hello",
    ),
    (
        (
            r"\bwhat (?:can|do) you (?:do|make|offer)\b|\bhow does (?:this|it) work\b|\bwhat (?:are you"
            r"|is this)\b|\bwho are you\b|^ ?help(?: me)?(?: please)? ?[!.?]?$|你能做什么|你会做什么"
            r"|你可以做什么|能做些?什么|有什么功能|怎么用|如何使用|你是谁|^ ?帮助"
        ),
        "help",
    ),
    (
        (
            r"\bthank(?:s| you)(?: so much| very much| a lot)?\b|\bcheers\b|\b(?:looks|that's|it's"
            r"|this is) (?:great|good|perfect|amazing|awesome|lovely)\b|\bwell done\b|\blove it\b"
            r"|^ ?(?:great|perfect|awesome|nice|cool|ok|okay|good)(?: job| work)? ?[.!]?$|谢谢你?|多谢"
            r"|感谢|太棒了|^ ?(?:很好|不错|完美|好的|好)[.!]?$"
        ),
        "thanks",
    ),
    (
        (
            r"\bexport(?:ing|ed)?(?: it| this| that| the (?:final )?(?:video|result|file|reel"
            r"|clip))?\b(?: (?:as|to|in)(?: an?)? mp4)?|\bdownload(?: it| this| the (?:final )?(?:video"
            r"|result|file|reel|clip))?\b|\bsend me the (?:final )?(?:video|file|result|reel|clip)\b"
            r"|\bsave (?:it|this|the (?:video|file|project))\b|\brender (?:it|this|the video)\b"
            r"|(?:把视频)?(?:导出|下载)(?:视频|成片|它|一下|文件)?|保存(?:视频|一下)?|渲染(?:视频|一下)?"
            r"|把视频发给我|发给我"
        ),
        "export",
    ),
    (
        (
            r"\b(?:my |the |how many )?credits?(?: (?:balance|left|remaining|do i have)){0,8}\b"
            r"|\b(?:account )?balance\b|\bbilling\b|(?:剩余|还有|多少|我的){0,8}(?:积分|余额|额度)(?:还?剩"
            r"|有)?(?:多少)?"
        ),
        "credits",
    ),
    (
        (
            r"\bstatus\b|\bshow(?: me)? (?:the )?(?:tracks|timeline|draft|state)\b|\bwhat's in (?:it"
            r"|the (?:video|timeline))\b|状态|现在什么样了?|(?:看看|显示|查看)(?:时间线|轨道|草稿)"
        ),
        "status",
    ),
)
QUESTION: Final = (
    r"^ ?(?:so |and |but |well |ok |okay |hey |um |hi |hello )?(?:how (?!about\b)"
    r"|what(?!ever)(?! about\b| if we\b)|which |why (?!not\b|don't\b)|when |where |who |whose "
    r"|is (?!it possible|there (?:a|any) way)|are |was |were |do you |does |did |has |have you "
    r"|can i (?!have|get)|could i (?!have|get)|may i |should i |am i |will it |would it |what's "
    r"|how's |is it (?!possible))|多少|多长|多久|为什么|为何|哪些|哪里|哪种|哪个|什么格式|什么意思"
    r"|是什么|有什么|做什么|(?:有|用|放|是|需要)几[张个]|怎么(?!样)|如何|是不是|有没有|是否|难道|吗 ?\??$"
)
REQUEST: Final = (
    r"^ ?(?:can|could|would|will) (?:you|we|it)\b|\bis it possible to\b|\bis there (?:a"
    r"|any) way to\b|^ ?(?:can|could|may) i (?:have|get)\b|\bplease\b|可以.{0,40}吗|能.{0,40}吗"
    r"|可不可以|能不能|能否|请|帮我|帮忙|行吗|好吗|怎么样|如何\?"
)
