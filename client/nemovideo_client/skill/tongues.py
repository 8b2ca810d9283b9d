"""What wishes sound like in English and Chinese, as tables of patterns.

All see one clause at a time, in lower case, with quoted words masked and each file, or list of files, as one `FILE`.
Those of wishes must match the whole clause: it is the rest of a clause that makes "export figures" a topic, "a status
bar" an ornament and "the uploaded photos" a subject.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: What stands for each character of a named file.
FILE: Final = "\ue000"


@dataclass(frozen=True, slots=True)
class Tongue:
    """The patterns of one language.

    `breaks` part clauses. `polite` is what may precede a wish, `filler` a clause without a wish. `reverse` is a clause
    that names the later wish first, as groups `late` and `early`; `before` is the beginning of one that only says what
    it precedes. `hold` asks to leave something, `how` asks how it is done. `only_files` is all that may surround files
    that are just handed over.
    """

    breaks: re.Pattern[str]
    polite: re.Pattern[str]
    filler: re.Pattern[str]
    reverse: re.Pattern[str]
    before: re.Pattern[str]
    hold: re.Pattern[str]
    how: re.Pattern[str]
    export: re.Pattern[str]
    credits: re.Pattern[str]
    state: re.Pattern[str]
    upload: re.Pattern[str]
    only_files: re.Pattern[str]


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


# --- English ----------------------------------------------------------------------------------------------------------

_THING: Final = r"(?:video|clip|file|result|reel|movie|film|project|mp4|slideshow|draft|version|animation)"
_WHICH: Final = r"(?:the|my|this|that|our|a)(?: (?:final|finished|whole|current|new|edited|video|full|last))*"
_IT: Final = rf"(?:it|this|that|them|all|everything|{_WHICH} {_THING}|{_THING})"
_PLACE: Final = r"(?:my |the |this )?(?:computer|pc|laptop|disk|drive|phone|desktop|folder|device|downloads)"
_QUALITY: Final = (
    r"(?:4k|2k|8k|\d{3,4}p|\d+ ?fps|(?:full )?hd|(?:the )?(?:high|highest|best|full|good) (?:quality|resolution))"
)
_TAIL: Final = (
    r"(?:,? (?:again|now|please|for me|to me|once more|right away|right now|here|thanks|too|as well|already|anyway"
    rf"|(?:as|to|into|in|under|called) (?:(?:an?|the) )?(?:{FILE}++|mp4|mov|gif|webm|avi|file|video)(?: file"
    r"| format)?"
    rf"|(?:in|at|with) {_QUALITY}|(?:to|on|onto|in) {_PLACE}"
    r"|(?:when|once|as soon as) (?:you're|you are|it's|it is|that's|this is|that is|everything is) (?:done|ready"
    r"|finished)))*"
)
_SAVING: Final = r"(?:re-?)?(?:export|download)(?:ing)?"
_EXPORTS: Final = (
    rf"{_SAVING}(?: {_IT})?"
    rf"|(?:send|give|get|deliver|hand|bring|show)(?: over)? (?:me|us) {_WHICH} (?:file|mp4|video file)"
    rf"|(?:send|give|get|deliver|hand)(?: over)? (?:me|us) {_WHICH} {_THING}"
    rf"|(?:send|give|hand|mail) {_IT}(?: over)? to (?:me|us)|save(?: {_IT})|save|render(?: {_IT})?"
    r"|(?:click|press|hit|push|use|tap)(?: on)? (?:the )?(?:export|download|save)(?: button)?|(?:the )?(?:export"
    r"|download) button"
    r"|(?:start|do|run|make|begin|do) (?:the|an|another) (?:export|download|render)"
    rf"|(?:can|could|may) (?:i|we) (?:now )?(?:get|have|export|download|save|see) (?:{_IT})"
)
_NOT: Final = (
    r"(?:do not|don'?t|don’t|not|never|no|no need|won'?t|shouldn'?t|without|hold off on|hold off|hold|wait with"
    r"|wait before"
    r"|wait|stop|cancel|skip|postpone|delay)"
)
_LOOK: Final = (
    r"(?:(?:please )?(?:show|list|give|see|view|display|describe|check|print|read|get|what'?s|what’s|what is"
    r"|what are|tell)"
    r"(?: me| us)?(?: about)?)"
)
_OF_CREDITS: Final = r"(?:credit balance|account balance|credits?|balance|quota)"

ENGLISH: Final = Tongue(
    breaks=_compiled(
        rf"(?:[.!?;]+(?=\s|$)|:(?=\s(?!\s*{FILE}))|\n|\s[-–—]+\s|—|,)\s*(?:(?:and|but|or) )?(?:(?:then|after that"
        r"|afterwards|finally|next|so)\b,?\s*)*"
        r"|\s+(?:and |but )?(?:then|after that|afterwards)\b,?\s*"
        r"|\s+(?:and|but)\s+(?=(?:(?:please|just|also|finally|now) )*(?:export|download|send (?:me|it)|give me"
        r"|save (?:it|the)"
        r"|render it|show (?:me )?(?:the )?(?:status|tracks|timeline)|tell me (?:how|my|the)|check (?:my|the)"
        r"|upload)\b)"
        r"|^(?:and |but )?(?:then|after that|afterwards|finally)\b,?\s*"
    ),
    polite=_compiled(
        r"(?:(?:ok(?:ay)?|yes|yeah|great|now|and|then|so|please|just|also|first|finally|well|hey|hi|alright|all right"
        r"|go ahead and|let'?s|let’s|let us|can you|could you|would you|will you|can we|could we|please do|do"
        r"|kindly|simply"
        r"|i(?:'d|’d| would)? (?:like|love|want|need)(?: you)? to|i wanna|i want|i need|you can|you may"
        r"|you should|time to|tell me"
        r"|(?:don'?t|don’t|do not|never) forget to|remember to|make sure to|be sure to|why don'?t you|let me|try to"
        r"|if (?:it'?s|it’s|it is|that'?s|that’s|everything(?:'s| is)|all is) (?:good|fine|okay|ok|ready|done"
        r"|right)|i(?:'m|’m| am) (?:happy|done|ready)(?: to)?)\b,?\s*)*"
    ),
    filler=_compiled(
        r"(?:(?:ok(?:ay)?|yes|yeah|yep|sure|great|perfect|thanks|thank you|please|nice|good|cool|fine|alright"
        r"|all right|lovely"
        r"|wow|awesome|super|very|much|so|that'?s|that’s|that|it|this|is|it'?s|it’s|looks?|good|well|enough|like"
        r"|i|love|now|well|done|all"
        r"|hi|hey|hello|and|think|we'?re|we’re|we|are|would|you|right|again)\b\s*)+"
        r"|(?:once|when|after|if|as soon as|and when) (?:that'?s|that’s|that is|that|it'?s|it’s|it is|you'?re"
        r"|you’re|you are|you have|this is"
        r"|everything'?s?|all)(?: is| are)?(?: done| ready| finished| good| okay| ok| it| looks good)*"
        r"|before (?:you )?(?:export|download|sav|render)(?:ing|e)?(?: it| the video| that)?"
    ),
    reverse=_compiled(r"(?P<late>.*?\S) (?:after|once|when) (?:you(?:'ve|’ve| have)? )?(?P<early>.+)"),
    before=_compiled(r"before (?:you )?(?:export|download|sav|render)(?:ing|e)?(?: it| the video| that)?,?\s+(?=\S)"),
    hold=_compiled(
        rf"(?:(?:i|i'm|i’m|i am|we|please|ok|but) )*{_NOT}(?: (?:really|want|need|yet|going|ready|you|to|just|have"
        r"|let'?s|on|me|with|the|a))*"
        rf" (?:{_SAVING}|upload(?:ing)?|(?:sav|render)(?:ing|e)?)(?: {_IT})?"
        r"(?: (?:yet|now|please|for now|just yet|so far|anything|right now|today|button|first))*"
    ),
    how=_compiled(
        r"(?:how (?:do|can|could|would|should|will) (?:i|we|you|one)|how to|where(?:'s|’s| is| are| can i"
        r"| do i)?(?: find| get)?(?: the)?"
        rf"|what(?:'s|’s| is) the way to)(?: \w+)? (?:{_SAVING}|save|get)\b.*"
    ),
    export=_compiled(rf"(?:{_EXPORTS}){_TAIL}"),
    credits=_compiled(
        rf"(?:my |the |any |all )*(?:remaining |available |free |current )*{_OF_CREDITS}(?: left| remaining"
        r"| available| please| status)*"
        r"|(?:how (?:many|much|are|is)|what'?s|what’s|what is|what are|show|check|see|do i|do we|are there|have i"
        r"|did|get|list|any|look up)\b"
        rf"(?:(?! end | closing | opening | rolling | film ).){{0,40}}\b{_OF_CREDITS}\b(?! (?:card|roll|over"
        rf"|at the end|with|screen|scene)).{{0,40}}"
        r"|how (?:much|many) (?:did|does|do|will|would|is|was) (?:this|that|it|the (?:last )?(?:one|edit|clip"
        r"|video))(?: \w+)?(?: cost)?"
        r"|(?:how (?:do|can) i )?(?:top up|buy (?:more )?credits|get more credits)(?: my account| credits)?"
        r"|(?:check|show|open|see)(?: me)? (?:my|the) (?:account|billing|plan)(?: .*)?"
    ),
    state=_compiled(
        r"(?:the |my |current )*(?:status|state|progress|timeline|tracks)(?: please| update| now| of (?:it"
        r"|my video|the video|the project))*"
        rf"|{_LOOK}(?: (?:all|the|my|current|our))* (?:status|tracks?|timeline|state|progress)"
        r"(?: (?:of (?:it|this|(?:my|the|our|this) (?:video|project|render|export|clip|reel|timeline))|look like"
        r"|now|again|so far|please|at the moment|summary|we have|there are))*"
        r"|what(?:'s|’s| is|'re|’re| are) (?:(?:on|in) )(?:the |my )?(?:timeline|video|it|there|project)(?: now"
        r"| so far| at the moment)*"
        r"|what does (?:it|the video|the timeline|this|my video) look like(?: now| so far| at the moment)*"
        r"|what have (?:you|we) (?:done|made|got|changed)(?: so far| until now| here)*|what do we have(?: so far"
        r"| now)*"
        r"|how far (?:are|is) .*|how(?:'s|’s| is) (?:it|the video) (?:going|coming along)|any progress"
        r"|where are we(?: now)?"
        r"|is (?:it|the video|my video) (?:ready|done|finished)(?: yet| now)*"
    ),
    upload=_compiled(
        r"(?:upload|attach|import)(?:ing)?(?: (?:a|an|my|some|these|this|the|more|another|other|few|new|two|three"
        r"|four|five|\d+|of"
        r"|photos?|pictures?|images?|files?|videos?|clips?|music|audio|songs?|pics?|footage|media|ones?|too|now"
        r"|first|please|and|or))*"
        r"|(?:can|could|may|how (?:do|can|should)|what|which|where|is it possible)\b(?:(?! to (?:youtube|tiktok"
        r"|instagram|facebook)).)*"
        r"\bupload(?:(?! to (?:youtube|tiktok|instagram|facebook)).)*"
    ),
    only_files=_compiled(
        r"(?:upload|upload(?:ing)?|here|are|is|you go|these|this|those|my|the|photos?|pictures?|images?|videos?"
        r"|clips?|files?|music|songs?"
        r"|attached|attach|attachments?|and|two|three|four|five|\d+|please|also|too|i have|send(?:ing)?|import"
        r"|load|them|for you|as well"
        r"|ok(?:ay)?|hi|hello|first|it'?s|can you|could you|i want to|i'd like to|now|more|another|one"
        rf"|{FILE}++|[\s,:;.&+!-])++"
    ),
)

# --- Chinese ----------------------------------------------------------------------------------------------------------

_CN_THING: Final = r"(?:视频|成片|片子|影片|文件|作品|成品|短片|它|结果)"
_CN_EXPORT: Final = (
    r"(?:重新|再次|再)?(?:点击|点|按)?(?:一下)?(?:右上角的)?(?:导出|下载|输出|渲染)"
    rf"(?:一下|{_CN_THING}|吧|了|给我|一份|出来|好吗|按钮|成|为|到|电脑|本地|手机|桌面|上|啦|呢|吗|么|高清|高质量"
    rf"|的|这个|4k|1080p|mp4|格式|{FILE}++|\s)*"
    rf"|保存(?:一下)?(?:{_CN_THING}|下来|到|电脑|本地|手机|桌面|上|吧|成|为|{FILE}++|\s)+"
    rf"|发(?:送)?(?:给)?我(?:一下|看看|{_CN_THING}|吧|一份|那个|这个|的)*|给我(?:{_CN_THING}|(?:了|吧|吗|好吗)+)"
)
_CN_NOT: Final = (
    r"(?:不要|不用|不必|不想|无需|无须|不需要|不急着|不急|先不|暂不|还不|别|不|等一下再|等一等再|等会儿?再|稍后再"
    r"|晚点再|回头再|取消|停止)"
)

CHINESE: Final = Tongue(
    breaks=_compiled(
        rf"(?:[。！？；，!?;,\n]|：(?!\s*{FILE})|\s[-–—]+\s|——)+\s*(?:然后|接着|之后|最后|随后|并且|而且)*(?:再|就)?"
        r"|\s*(?:然后|接着|随后|最后)(?:再|就)?"
        r"|(?:之后|以后|后|再|并|就){1,3}+(?:再|就|直接){0,2}+(?=导出|下载|保存视频|发给我|把视频发给我)"
    ),
    polite=_compiled(
        r"(?:好的|好|嗯|那么|那就|那|请|麻烦(?:你|您)?|帮我|帮忙|可以|能不能|能否|可不可以|能|我想要|我想|我要"
        r"|我们|现在|直接|先|再|就|然后"
        r"|最后|接着|立即|立刻|马上|赶紧|也|并|把它|(?:把|将)(?:这个|这段|做好的|完成的|最终)?(?:视频|成片|片子"
        r"|影片|作品|文件)|你|您"
        r"|别忘了|不要忘了|不要忘记|别忘记|记得|告诉我|顺便|[\s,，、])*"
    ),
    filler=_compiled(
        r"(?:好的|好|嗯|可以了?|行|谢谢|没问题|很好|不错|就|这样|完成|很棒|太棒了|太好了|完美|满意|辛苦了?|是的"
        r"|对|了|吧|啊|哦"
        r"|你|挺|非常|\s)++"
        r"|(?:等)?(?:做|弄|改|完成|搞|处理)(?:好|完|成)?(?:了|之后|以后|后)*"
        r"|(?:导出|下载|保存)(?:之前|以前|前)"
    ),
    reverse=_compiled(r"(?!)(?P<late>)(?P<early>)"),
    before=_compiled(r"(?:在)?(?:导出|下载|保存)(?:视频)?(?:之前|以前|前)(?:请)?(?:先)?[，,]?(?=.)"),
    hold=_compiled(
        rf"(?:先|什么|暂时|暂且|我|还|现在|暂|都|也|请|你|但|但是)*{_CN_NOT}(?:急着|着急|马上|现在|先|再|想|要|着)*"
        rf"(?:导出|下载|渲染|上传|保存)(?:{_CN_THING}|了|吧|先|呢|啊)*"
    ),
    how=_compiled(
        r"(?:请问|那么?|我|该|应该|想知道|现在|要|(?:把|将)?(?:这个|做好的)?(?:视频|成片|片子|文件|它))*"
        r"(?:怎么|如何|怎样|在哪里?|哪里|哪儿)(?:才能|可以|能|把|将|视频|成片|文件|它){0,4}(?:导出|下载"
        r"|保存)[^的]{0,10}"
        r"|(?:导出|下载|保存)(?:按钮|选项|功能|键)?(?:在哪|在什么地方|哪里|哪儿|怎么|如何).*"
    ),
    export=_compiled(rf"(?:{_CN_EXPORT})"),
    credits=_compiled(
        r"(?=.*(?:积分|余额|额度|账单|点数))(?=(?:积分|余额|额度|账单|点数)$|.*(?:多少|几|够|剩|还有|查|看|显示"
        r"|我的|消耗|花|扣|账户|账单))"
        r"(?:积分|余额|额度|账单|点数|我的|剩余|剩下|当前|账户|查询|查看|查|看看|看|一下|下|的|还剩|还有|还|多少"
        r"|几|剩|有|了|吗|呢|么|现在|这次|刚才|花费?"
        r"|用|消耗|扣|个|不|够|再|做|一个|一次|视频|我|是|显示|需要|要|总共|一共|里|能|会|可用|[0-9]+|秒|分钟"
        r"|片段|短片|生成|编辑|\s)++|(?:怎么"
        r"|如何)?充值"
    ),
    state=_compiled(
        r"(?=.*(?:状态|进度|轨道|时间线|时间轴|什么样|做到哪|怎么样了|(?:好|完成?)了(?:吗|没)))"
        r"(?:状态|进度|轨道|时间线|时间轴|什么样|好了|完成?了|没有?|怎么样|怎样|如何|当前|现在|目前|的|查看|看看"
        r"|看一下|看|显示|查询"
        r"|查|给我|一下|所有|全部|什么|了|呢|吗|有"
        r"|哪些|哪一步|是|成|视频|做到哪|做|到|里面|里|展示|我|想|先|列出|情况|上|内容|变|条|几|多少|\s)++"
    ),
    upload=_compiled(
        r"(?=.*上传)(?!.*上传(?:好|过|完|成功)?(?:的|了|之后|以后))(?!.*(?:已|刚|刚才|已经)上传)"
        r"(?:上传|我|要|想|可以|能|怎么|如何|怎样|哪里|在哪|什么|哪些|格式|文件|照片|图片|视频|素材|音乐|音频|些"
        r"|的|吗|呢|么|请|先|再|支持|多少|多大|大|新|更多"
        r"|一下|下|你|帮|给|吧|它|段|张|个|这|几|[0-9一二三四五六七八九十两]|\s)++"
    ),
    only_files=_compiled(
        r"(?:上传|这是|我的|照片|图片|视频|文件|素材|音乐|和|与|以及|这些|这|是|请|帮我|给你|附件"
        r"|[0-9一二三四五六七八九十两]|张|段|个|先|把|以下|如下|发给你|发"
        rf"|我要|我想|好的|一下|再|{FILE}++|[\s,，、:：。.！!])++"
    ),
)
