"""The agent's sentences, in English and Chinese, as tables; the braces are for values."""

from __future__ import annotations

import re
from typing import Final

from nemovideo_client.errors import (
    FORMATS_IN_WORDS,
    BadRequest,
    ConnectionFailed,
    DownloadFailed,
    ExportBlocked,
    FileTooLarge,
    MissingScope,
    NemoError,
    NotFound,
    NothingToExport,
    RateLimited,
    RenderCancelled,
    RenderFailed,
    RenderUnfinished,
    ServiceFailed,
    SessionBusy,
    SessionNotFound,
    TokenInvalid,
    TransportError,
    UnknownApiError,
    UnsupportedFile,
    UnusableFile,
    UnwritableDestination,
)
from nemovideo_contract import wire
from nemovideo_skills.agent.actions_and_replies import Language

_LIMIT_MB: Final = wire.UPLOAD_SIZE_LIMIT // 1_000_000
_SAYINGS: Final[dict[str, tuple[str, str]]] = {
    "connecting": ("Setting things up …", "正在准备……"),
    "connected": ("I'm connected and ready.", "已连接，可以开始了。"),
    "connected_free": (
        "I'm connected and ready; you have {credits} free credits.",
        "已连接，可以开始了，你有{credits}个免费积分。",
    ),
    "what": (
        "What should the video be? Name some photos or clips, or describe a scene.",
        "想做什么样的视频？可以告诉我照片或视频文件，也可以直接描述画面。",
    ),
    "working": ("This may take a few minutes.", "可能需要几分钟。"),
    "still": ("⏳ Still working … ({minutes} min)", "⏳ 仍在处理……（{minutes}分钟）"),
    "waiting": (
        "The service needs a moment; I'll check again in {seconds} s.",
        "服务需要一点时间，{seconds}秒后再看。",
    ),
    "broken": (
        f"I've lost the connection, but the service works on. I'll check the result in {wire.RECOVERY_FIRST_WAIT_S} s.",
        f"与服务的连接中断，但处理仍在继续，{wire.RECOVERY_FIRST_WAIT_S}秒后查看结果。",
    ),
    "raw": (
        "The raw clip is ready; music, a title and effects are being added.",
        "原始片段已生成，正在添加音乐、标题和效果。",
    ),
    "keep": (
        "The music, title or effects were added unasked: keep them, or say for example “remove the music”.",
        "音乐、标题或效果是自动添加的：可以保留，也可以说“去掉音乐”。",
    ),
    "changed": ("✅ Done: {changes}.", "✅ 已完成：{changes}。"),
    "changed_late": (
        "✅ The work was done after all: {changes}.",
        "✅ 仍已完成：{changes}。",
    ),
    "unchanged": (
        "The service said nothing, and nothing has changed. Try to say it in other words.",
        "服务没有回答，也没有任何改动。请换个说法试试。",
    ),
    "unchanged_late": (
        (
            "Nothing has changed so far. I haven't sent it again, as that could cost twice."
            " Say “status” in a while, or ask again if it still isn't there."
        ),
        "目前没有改动。为避免重复扣费，我没有重新发送。请稍后说“状态”查看，如仍没有再试一次。",
    ),
    "unknown": (
        "I could not see the result. I haven't sent it again, as that could cost twice; say “status” to check.",
        "暂时无法确认结果。为避免重复扣费，我没有重新发送；请说“状态”查看。",
    ),
    "done": ("Done.", "已完成。"),
    "uploading": ("Uploading {names} …", "正在上传{names}……"),
    "uploaded": ("Uploaded: {names}.", "已上传：{names}。"),
    "make": ("What should I make of it?", "想用它做什么样的视频？"),
    "which": (
        f"Which file? Give me a path or a link. I take {FORMATS_IN_WORDS}, up to {_LIMIT_MB} MB each.",
        f"请告诉我文件路径或链接。支持{FORMATS_IN_WORDS}，每个不超过{_LIMIT_MB}MB。",
    ),
    "not_uploaded": ("Nothing was uploaded.", "没有上传任何文件。"),
    "balance": ("You have {available} credits.", "你有{available}个积分。"),
    "frozen": (
        "You have {available} credits, and {frozen} more are reserved for work in progress.",
        "你有{available}个积分，另有{frozen}个正被进行中的任务占用。",
    ),
    "spent": ("That was {spent} credits so far here.", "这里目前共用了{spent}个积分。"),
    "costs": (
        "A clip from words takes about 100, work on your own photos about 50 a project; export is free.",
        "文字生成片段约需100个，用自己的照片制作每个项目约需50个，导出免费。",
    ),
    "empty": ("There is no video yet. {uploads}", "还没有视频。{uploads}"),
    "uploads": ("{count} uploaded: {names}.", "已上传{count}个文件：{names}。"),
    "rendering": ("⏳ Rendering, about 30 to 90 seconds …", "⏳ 正在渲染，大约30到90秒……"),
    "picking_up": ("⏳ Checking the earlier render …", "⏳ 正在查看之前的渲染……"),
    "seconds": ("{seconds:g} s", "{seconds:g}秒"),
    "percent": ("⏳ {percent} %", "⏳ {percent}%"),
    "again": ("The render failed; I'll try once more.", "渲染失败，正在重试一次。"),
    "ready": ("✅ Your video is ready: {path} ({facts})", "✅ 视频已完成：{path}（{facts}）"),
    "link": ("You can open the project in a browser: {url}", "可以在浏览器中打开项目：{url}"),
    "plain_mp4": ("The file is always an MP4 of at most 1080p.", "文件为MP4格式，最高1080p。"),
    "no_folder": (
        "There is no {name} here, so I save the file in my current folder.",
        "这里没有{name}，文件会保存在当前文件夹。",
    ),
    "kept": (
        "{name} already exists and I keep it: the new file is {path}.",
        "已有{name}，我会保留它，新文件为{path}。",
    ),
    "not_reshaped": (
        "The video still isn't {ratio}, so I haven't exported it. Tell me what to do.",
        "视频还不是{ratio}，所以没有导出。请告诉我怎么做。",
    ),
    "at_work_export": (
        (
            "The service is still at work on what you asked for before. An export now would miss it, so I haven't begun"
            " one. Say “status” in a while to check, or say it again to export what is there."
        ),
        "上一个请求还在处理，现在导出不会包含它，所以我还没有导出。请稍后说“状态”查看，或再说一次以导出现有内容。",
    ),
    "unseen_export": (
        (
            "What you asked for before may still be going on, as far as I can see. An export now would miss it, so I"
            " haven't begun one. Say “status” in a while to check, or say it again to export what is there."
        ),
        "上一个请求可能仍在处理，现在导出不会包含它，所以我还没有导出。请稍后说“状态”查看，或再说一次以导出现有内容。",
    ),
    "withheld": (
        "All right, I'll leave it for now. Say “export” when you want the file.",
        "好的，先不动。需要文件时说“导出”。",
    ),
    "asked how": (
        "Just say “export”: I render the video and give you the file. It costs no credits.",
        "直接说“导出”即可：我会渲染并把文件交给你，不消耗积分。",
    ),
    "new_session": (
        "The project had expired, so I opened a new one{again}. Please tell me again what to make.",
        "项目已过期，我新建了一个{again}。请再说一次想做什么。",
    ),
    "lost": (
        (
            "The project was lost after I had sent that, so I can't see the result, and it may still have cost credits."
            " I opened a new one{again}. Shall I have it made again? If so, say it once more."
        ),
        "消息发出后项目丢失了，无法确认结果，但可能已扣积分。我新建了一个{again}。要重新制作吗？如需要请再说一次。",
    ),
    "at_work": (
        (
            "The service is still at work on what you asked for before. I haven't sent this, as it would be queued and"
            " charged after it. Say “status” in a while to check, or say it again to have it done anyway."
        ),
        "上一个请求还在处理。为避免排队并重复扣费，这个我没有发送。请稍后说“状态”查看，或再说一次以坚持发送。",
    ),
    "unseen": (
        (
            "What you asked for before may still be going on, as far as I can see. I haven't sent this, as it could be"
            " queued and charged after it. Say “status” in a while to check, or say it again to have it done"
            " anyway."
        ),
        "上一个请求可能仍在处理。为避免排队并重复扣费，这个我没有发送。请稍后说“状态”查看，或再说一次以坚持发送。",
    ),
    "reopened": (
        "The project had expired, so I opened a new one{again} and go on.",
        "项目已过期，我新建了一个{again}并继续。",
    ),
    "with_uploads": (" and uploaded your files again", "，并重新上传了文件"),
    "left": ("I haven't done the rest: {rest}", "其余的还没有做：{rest}"),
    "next": ("Next you could {steps}.", "接下来可以{steps}。"),
    "no_work": (
        "There is nothing to export yet. Tell me first what the video should be.",
        "还没有可以导出的内容，请先告诉我想做什么视频。",
    ),
    "register": (
        "Not enough credits. Register here to get more and keep the project: {url}",
        "积分不足。在这里注册即可获得更多积分并保留项目：{url}",
    ),
    "top_up": ("Not enough credits: top up at {web}.", "积分不足：请在{web}充值。"),
    "until": (
        "Too many requests: the service takes no more until {until} UTC.",
        "请求过多：{until}（UTC）之后才能继续。",
    ),
}

_STEPS: Final[dict[str, tuple[str, str]]] = {
    "music": ("add music (“add calm piano music”)", "加音乐（“加上舒缓的钢琴曲”）"),
    "title": ("add a title (“title ‘Kyoto’”)", "加标题（“标题‘京都’”）"),
    "length": ("change the length (“make it 10 seconds”)", "改时长（“改成10秒”）"),
    "upright": ("change the format (“make it vertical”)", "改比例（“改成竖屏”）"),
    "square": ("change the format (“make it square”)", "改比例（“改成方形”）"),
    "export": ("say “export” to get the file", "说“导出”获取文件"),
}

#: What went wrong and what to do, by class; the first match counts.
_ERRORS: Final[tuple[tuple[type[NemoError], tuple[str, str]], ...]] = (
    (
        SessionBusy,
        (
            "The service is still busy with what you asked for before; say it again when that is done.",
            "上一个请求还在处理，完成后请再说一次。",
        ),
    ),
    (NothingToExport, _SAYINGS["no_work"]),
    (
        TokenInvalid,
        (
            "Your access has expired or isn't valid. Set NEMO_TOKEN to a valid one, or unset it to get a free one.",
            "访问凭证已过期或无效。请把NEMO_TOKEN设为有效的，或取消设置以获取免费的。",
        ),
    ),
    (
        SessionNotFound,
        (
            "The project has expired; say again what to make, and I open a new one.",
            "项目已过期，请再说一次想做什么，我会新建一个。",
        ),
    ),
    (
        ExportBlocked,
        (
            (
                "Export is blocked for this account's plan; it isn't a matter of credits. Register or upgrade at"
                " {web} to unlock it."
            ),
            "当前套餐不能导出，与积分无关。请在{web}注册或升级后导出。",
        ),
    ),
    (
        MissingScope,
        (
            (
                "Your access doesn't permit this, and trying again is no use. Create one with the right permissions"
                " under Settings, API Tokens at {web}."
            ),
            "当前凭证没有此权限，重试无效。请在{web}的 Settings → API Tokens 创建带有相应权限的凭证。",
        ),
    ),
    (
        UnsupportedFile,
        (
            f"The service doesn't take this kind of file. It takes {FORMATS_IN_WORDS}.",
            f"不支持这种文件。支持的格式：{FORMATS_IN_WORDS}。",
        ),
    ),
    (
        FileTooLarge,
        ("The file is too large: compress or trim it, and send it again.", "文件太大：请压缩或剪短后再发。"),
    ),
    (RateLimited, ("Too many requests: please try again in half a minute.", "请求过多，请半分钟后再试。")),
    (
        BadRequest,
        (
            "The service didn't understand the request. Try to say it in other words.",
            "服务无法理解这个请求，请换个说法。",
        ),
    ),
    (NotFound, ("The service doesn't know this any more. Please ask for it again.", "服务找不到该内容，请重新操作。")),
    (
        ServiceFailed,
        ("The service has trouble right now; please try again in a few minutes.", "服务暂时有问题，请几分钟后再试。"),
    ),
    (
        RenderCancelled,
        ("The render was cancelled. Say “export” to begin a new one.", "渲染已取消。说“导出”可重新开始。"),
    ),
    (
        RenderFailed,
        (
            "The render failed twice. Say “export” to try again, or change something first.",
            "渲染失败了两次。可以说“导出”再试，或先修改内容。",
        ),
    ),
    (
        RenderUnfinished,
        (
            "It is still rendering and goes on. Say “export” in a few minutes to get the file.",
            "仍在渲染中，会继续进行。几分钟后说“导出”获取文件。",
        ),
    ),
    (
        DownloadFailed,
        (
            "The video is rendered, but its file could not be fetched. Say “export” to try again.",
            "视频已渲染，但文件下载失败。请说“导出”再试。",
        ),
    ),
    (
        UnwritableDestination,
        (
            "I can't write {path}. Name another place, for example “export to ~/video.mp4”.",
            "无法写入{path}。请换个位置，例如“导出到 ~/video.mp4”。",
        ),
    ),
    (
        ConnectionFailed,
        (
            "I can't reach the service. Check the network and try again; nothing was sent.",
            "无法连接服务。请检查网络后重试，没有发送任何内容。",
        ),
    ),
    (
        TransportError,
        ("The connection broke. Say “status” to see the result.", "连接中断。请说“状态”查看结果。"),
    ),
    (
        UnknownApiError,
        (
            "The service refused it (code {code}). Wait a moment and try again.",
            "服务拒绝了请求（代码{code}）。请稍后再试。",
        ),
    ),
)
_GENERAL: Final = ("That did not work. Please try again.", "没有成功，请再试一次。")
_FILES: Final[dict[str, tuple[str, str]]] = {
    "missing": ("{name} isn't there.", "找不到{name}。"),
    "folder": ("{name} is a folder; name the files in it.", "{name}是文件夹，请指定其中的文件。"),
    "unreadable": ("{name} can't be read.", "无法读取{name}。"),
    "empty": ("{name} is empty.", "{name}是空文件。"),
    "format": (
        f"{{name}} is of a format that the service doesn't take; it takes {FORMATS_IN_WORDS}.",
        f"不支持{{name}}的格式；支持{FORMATS_IN_WORDS}。",
    ),
    "size": (
        f"{{name}} is larger than {_LIMIT_MB} MB: compress or trim it.",
        f"{{name}}超过{_LIMIT_MB}MB：请压缩或剪短。",
    ),
}
_UNTIL: Final = re.compile(r"until (\d{4}-\d\d-\d\d \d\d:\d\d) UTC")


class Phrases:
    """The sentences in one language; `web` is the website where users manage accounts."""

    def __init__(self, language: Language, web: str) -> None:
        self.language: Language = language
        self._index = 1 if language == "zh" else 0
        self._web = web

    def say(self, key: str, **values: object) -> str:
        """Return one of the fixed sentences."""
        return _SAYINGS[key][self._index].format(**values)

    def listed(self, names: list[str]) -> str:
        """Join several names."""
        return ("、" if self._index else ", ").join(names)

    def joined(self, sentences: list[str]) -> str:
        """Join several sentences to one text."""
        return ("" if self._index else " ").join(sentence for sentence in sentences if sentence)

    def steps(self, keys: list[str]) -> str:
        """Return a sentence about possible next steps."""
        told = [_STEPS[key][self._index] for key in keys]
        last = "，或者" if self._index else ", or "
        return self.say("next", steps=self.listed(told[:-1]) + last + told[-1] if len(told) > 1 else told[0])

    def unusable(self, error: UnusableFile) -> str:
        """Say why a file cannot be uploaded."""
        return _FILES[error.reason][self._index].format(name=error.path.name or str(error.path))

    def credits_gone(self, user_id: str | None) -> str:
        """Say what to do without credits: register if the account is anonymous, else top up."""
        if user_id is not None and user_id.startswith(wire.ANONYMOUS_USER_PREFIX):
            return self.say("register", url=f"{self._web}/register?bind={user_id}")
        return self.say("top_up", web=self._web)

    def error(self, error: NemoError) -> str:
        """Say what went wrong and what to do about it."""
        if isinstance(error, UnusableFile):
            return self.unusable(error)
        if isinstance(error, RateLimited) and (until := _UNTIL.search(error.hint or "")):
            return self.say("until", until=until[1])
        found = next((sentences for kind, sentences in _ERRORS if isinstance(error, kind)), _GENERAL)
        path = getattr(error, "path", None)
        return found[self._index].format(web=self._web, code=getattr(error, "code", None), path=path)
