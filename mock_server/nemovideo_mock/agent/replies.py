"""The agent's replies, in English and Chinese, as tables of sentences.

The service assumes that its user sits at an editor, so it mentions buttons and panels. The fake does the same, unless
the agent settings say otherwise: `_PLAIN` has the sentences without buttons and panels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nemovideo_contract.draft import SIZES
from nemovideo_mock.agent import lengths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nemovideo_mock.agent.edit_requests import Clash, Decline, ReplyLanguage, Talk
    from nemovideo_mock.agent.edit_state import EditState, Note
    from nemovideo_mock.turn_plan import Media

#: The things that a video is made from: in English, and in Chinese with the measure word.
_ITEM_NAMES: Final[dict[str, tuple[str, str]]] = {
    "image": ("photo", "张照片"),
    "video": ("video", "段视频"),
    "scene": ("generated scene", "个生成画面"),
}
_ITEMS: Final = tuple(_ITEM_NAMES)
_WORDS: Final[dict[str, tuple[str, str]]] = {
    "still": ("no motion", "静止画面"),
    "ken_burns": ("Ken Burns motion", "肯·伯恩斯效果"),
    "zoom_in": ("zooming in", "推近"),
    "zoom_out": ("zooming out", "拉远"),
    "pan_left": ("panning left", "向左平移"),
    "pan_right": ("panning right", "向右平移"),
    "pan_up": ("panning up", "向上平移"),
    "pan_down": ("panning down", "向下平移"),
    "drift": ("a gentle drift", "轻微漂移"),
    "parallax": ("parallax depth (as a two-layer drift)", "视差效果（双层漂移）"),
    "cut": ("hard cuts", "硬切"),
    "dissolve": ("cross-dissolves", "交叉溶解"),
    "fade": ("fades through black", "黑场过渡"),
    "slide": ("slide transitions", "滑动转场"),
    "zoom": ("zoom transitions", "缩放转场"),
    "fast": ("fast", "快节奏"),
    "rhythmic": ("rhythmic", "有节奏感"),
    "medium": ("medium", "适中"),
    "calm": ("calm", "舒缓"),
    "slow": ("slow", "缓慢"),
    "cinematic": ("cinematic", "电影感"),
    "start": ("at the start", "开头"),
    "end": ("at the end", "结尾"),
    "throughout": ("throughout", "全程"),
    "top": ("at the top", "顶部"),
    "center": ("in the middle", "中间"),
    "bottom": ("at the bottom", "底部"),
    "total": ("total length", "总时长"),
    "each": ("time per photo", "每张时长"),
}

#: Every note as (English, Chinese); the note's values replace the placeholders in braces.
NOTES: Final[dict[str, tuple[str, str]]] = {
    "generated": ("a new scene from your words: “{prompt}”", "根据你的描述生成了新画面：“{prompt}”"),
    "sound": ("your audio “{name}” is now the music", "你上传的音频“{name}”已作为背景音乐"),
    "undone": ("the last change is taken back", "已撤销上一步修改"),
    "count": ("the video now uses {count}: {names}", "现在使用{count}个：{names}"),
    "order": ("the order is now {names}", "现在的顺序是：{names}"),
    "total": ("the video is {seconds:g} seconds long", "视频总时长为{seconds:g}秒"),
    "each": (
        "each photo stays for {seconds:g} seconds, {total:g} in total",
        "每张照片停留{seconds:g}秒，共{total:g}秒",
    ),
    "slower": ("slower: {before:g} → {seconds:g} seconds", "放慢/延长：{before:g}秒 → {seconds:g}秒"),
    "faster": ("faster: {before:g} → {seconds:g} seconds", "加快/缩短：{before:g}秒 → {seconds:g}秒"),
    "hold": ("“{name}” stays for {seconds:g} seconds", "“{name}”停留{seconds:g}秒"),
    "trim": ("“{name}” is used from {start:g} to {end:g} seconds", "“{name}”截取{start:g}至{end:g}秒"),
    "aspect": ("the frame is {aspect}", "画面比例为{aspect}"),
    "pace": ("the pace is {pace}", "节奏为{pace}"),
    "motion": ("all photos have {motion}", "所有照片使用{motion}"),
    "motion_one": ("“{name}” has {motion}", "“{name}”使用{motion}"),
    "join": ("{kind} between the photos ({seconds:g} s)", "照片之间使用{kind}（{seconds:g}秒）"),
    "join_one": ("“{name}” comes in with {kind}", "“{name}”以{kind}出现"),
    "opening": ("a {seconds:g}-second fade-in from black at the start", "开头{seconds:g}秒淡入"),
    "closing": ("a {seconds:g}-second fade to black at the end", "结尾{seconds:g}秒淡出至黑场"),
    "title": ("the text “{text}” {at}", "添加了文字“{text}”（{at}）"),
    "title_changed": ("the title is “{text}” instead of “{before}”", "标题由“{before}”改为“{text}”"),
    "style": ("the title is restyled{look}", "标题样式已调整{look}"),
    "caption_style": ("the captions are restyled{look}", "字幕样式已调整{look}"),
    "caption_one": ("the caption “{text}” on “{name}”", "在“{name}”上添加字幕“{text}”"),
    "captions": ("captions ({count})", "{count}条字幕"),
    "script": (
        "your voiceover script as timed captions ({count}) over the whole video, because I don't speak it aloud",
        "旁白文稿已按句做成{count}条定时字幕铺满全片（我不会朗读配音）",
    ),
    "music": ("background music “{name}”", "背景音乐“{name}”"),
    "music_there": ("the background music is “{name}”, as before", "背景音乐仍为“{name}”"),
    "music_fades": ("the music fades in at the start and out at the end", "音乐在开头淡入、结尾淡出"),
    "volume": ("the music plays at {percent} %", "音乐音量为{percent}%"),
    "no_music": ("no music", "没有背景音乐"),
    "no_title": ("no title", "没有标题"),
    "no_captions": ("no captions", "没有字幕"),
    "no_transition": ("no transitions, hard cuts only", "没有转场，直接切换"),
    "no_motion": ("the photos don't move", "照片静止不动"),
    "no_opening": ("no fade-in", "没有淡入"),
    "no_closing": ("no fade-out", "没有淡出"),
    "no_fades": ("no fades", "没有淡入淡出"),
    "again": ("made once more", "已重新生成"),
    "was_no_music": ("there was no music to begin with", "原本就没有背景音乐"),
    "was_no_title": ("there was no title to begin with", "原本就没有标题"),
    "was_no_captions": ("there were no captions to begin with", "原本就没有字幕"),
    "was_no_transition": ("there were no transitions to begin with", "原本就没有转场"),
    "was_no_opening": ("there was no fade-in to begin with", "原本就没有淡入"),
    "was_no_closing": ("there was no fade-out to begin with", "原本就没有淡出"),
    "was_no_fades": ("there were no fades to begin with", "原本就没有淡入淡出"),
}

#: Whole sentences for what could not be done, or was done in another way than asked.
REFUSALS: Final[dict[str, tuple[str, str]]] = {
    "count_differs": (
        "You spoke of {claimed}, but {count} can be used here; the video has {used}.",
        "你提到了{claimed}个，但可用的上传文件有{count}个，视频里用了{used}个。",
    ),
    "length_bounds": (
        "I can't make it {seconds:g} seconds long: a video lasts between 1 second and 10 minutes.",
        "无法做成{seconds:g}秒：视频时长须在1秒到10分钟之间。",
    ),
    "each_bounds": (
        "{seconds:g} seconds for each photo is too short: 0.1 seconds is the least.",
        "每张{seconds:g}秒太短：最短为0.1秒。",
    ),
    "each_or_total": (
        (
            "{each:g} seconds for each photo and {total:g} seconds in total don't fit together; the "
            "later one counts: {kept}."
        ),
        "每张{each:g}秒与总时长{total:g}秒不一致，以后说的为准：{kept}。",
    ),
    "holds_dropped": (
        "The times of single photos don't fit into that length, so I dropped them.",
        "单张照片的停留时间与总时长不符，已取消。",
    ),
    "hold_bounds": (
        "“{name}” can't stay for {seconds:g} seconds in a video of {total:g} seconds.",
        "“{name}”无法在{total:g}秒的视频中停留{seconds:g}秒。",
    ),
    "trim_what": (
        "Tell me which of the clips to trim, for example “the second clip”.",
        "请说明要剪哪一段视频，例如“第二段”。",
    ),
    "trim_none": ("There is no uploaded video here to trim.", "这里没有可以剪辑的上传视频。"),
    "trim_bounds": (
        "“{name}” is only {seconds:g} seconds long, so I can't cut it like that.",
        "“{name}”只有{seconds:g}秒，无法这样截取。",
    ),
    "clips_move": (
        "Uploaded videos keep their own movement; camera motion is for photos.",
        "上传的视频保留自身的运动，运镜效果只用于照片。",
    ),
    "motion_speed": (
        "How fast a photo moves follows from how long it stays; I can't set it by itself.",
        "运动的快慢取决于照片停留的时长，无法单独设置。",
    ),
    "join_bounds": (
        "A transition of {seconds:g} seconds isn't possible: between 0 and 10 seconds, please.",
        "转场无法设为{seconds:g}秒：请在0到10秒之间。",
    ),
    "join_shortened": (
        "A transition takes at most half of a photo's time, so {asked:g} became {seconds:g} seconds.",
        "转场最长为照片时长的一半，因此{asked:g}秒缩短为{seconds:g}秒。",
    ),
    "no_join_before_first": (
        "Nothing comes before the first photo, so there is no transition into it.",
        "第一张照片之前没有内容，无法添加转场。",
    ),
    "no_transitions": (
        "There are no transitions to change: the photos follow each other by hard cuts.",
        "现在是硬切，没有可调整的转场。",
    ),
    "one_photo": (
        "With a single photo there is nothing to change over to, so you won't see a transition.",
        "只有一张照片，因此看不到转场。",
    ),
    "fade_bounds": (
        "A fade of {seconds:g} seconds isn't possible: up to 10 seconds, please.",
        "淡入淡出无法设为{seconds:g}秒：最长10秒。",
    ),
    "title_bounds": (
        "A title can't be shown for {seconds:g} seconds: between 0.1 seconds and 10 minutes, please.",
        "标题无法显示{seconds:g}秒：请在0.1秒到10分钟之间。",
    ),
    "volume_bounds": (
        "The volume goes from 0 to 100 %, so I can't set {percent} %.",
        "音量范围为0到100%，无法设为{percent}%。",
    ),
    "no_music": (
        "There is no music whose volume I could change; ask me to add some first.",
        "现在没有背景音乐，无法调整音量；请先添加音乐。",
    ),
    "no_title": ("There is no title yet; tell me what it should say.", "还没有标题，请告诉我标题内容。"),
    "no_captions": ("There are no captions yet; tell me what they should say.", "还没有字幕，请告诉我字幕内容。"),
    "no_such_file": ("I can't find “{place}” here.", "这里没有“{place}”。"),
    "no_such_photo": (
        "There is no photo number {place}; the video has {count}.",
        "没有第{place}张照片，视频里共有{count}张。",
    ),
    "none_left": (
        "That would leave nothing in the video, so I kept it as it is.",
        "这样视频里就没有内容了，所以保持原样。",
    ),
    "nothing_new": ("There is no new upload to add.", "没有新上传的文件可以添加。"),
    "nothing_to_undo": ("There is nothing to undo.", "没有可以撤销的修改。"),
    "too_many": (
        "{count} photos don't fit into that time; I used the first {used}.",
        "{count}张照片放不进这段时长，只用了前{used}张。",
    ),
    "waiting": (
        "Not in the video yet: {names}. Say “add the new photos” to include them.",
        "尚未加入视频：{names}。说“加上新照片”即可加入。",
    ),
    "stands_still": (
        "Your clips are shorter than that, so they hold their last picture.",
        "你的视频素材不够长，会停在最后一帧画面。",
    ),
}

#: The reasons why a part of a message is not done; the placeholder is the user's words.
DECLINES: Final[dict[str, tuple[str, str]]] = {
    "unknown": ("I can't do this part: “{phrase}”. I left it out.", "这一部分我做不到：“{phrase}”，已略过。"),
    "negated": (
        "I can't tell what to do instead for “{phrase}”, so I left that as it is.",
        "“{phrase}”：无法判断要换成什么，所以保持原样。",
    ),
    "place": (
        "I can't do that for a single place in the video: “{phrase}”. I left it out.",
        "无法只对某一处这样做：“{phrase}”，已略过。",
    ),
    "publish": (
        ("I can't publish or send it for you (“{phrase}”); download it with the Export button and post it yourself."),
        "我无法代你发布或发送（“{phrase}”），请点击导出后自行发布。",
    ),
    "format": (
        "I can't do “{phrase}”: videos come as 1080p MP4 at 30 fps.",
        "只能输出1080p、30帧的MP4，因此无法做到“{phrase}”。",
    ),
    "aspect": (
        "I can't make “{phrase}”; I have 16:9, 9:16 and 1:1, 1080 pixels on the shorter side.",
        "无法做成“{phrase}”，可选比例为16:9、9:16和1:1。",
    ),
    "speed": (
        "I can't change how fast the pictures themselves play: “{phrase}”.",
        "我无法改变画面本身的播放速度或方向：“{phrase}”。",
    ),
    "style": (
        "I can't repaint pictures or imitate a style: “{phrase}”. I left it out.",
        "我无法模仿画风或风格：“{phrase}”，已略过。",
    ),
    "url": (
        ("I can't use links (“{phrase}”); upload the file. For music, the built-in library has similar styles."),
        "我无法使用链接（“{phrase}”），请上传文件；音乐可用内置曲库的相似风格。",
    ),
    "song": (
        "I can't use existing songs (“{phrase}”), but the built-in library has similar styles.",
        "无法使用现有歌曲（“{phrase}”），但内置曲库有相似风格的音乐。",
    ),
    "title_text": (
        "Tell me what the text should say (“{phrase}”), for example: title “Kyoto”.",
        "请告诉我文字内容（“{phrase}”），例如：标题“京都”。",
    ),
    "caption_text": (
        "I can't hear or see what to write as captions (“{phrase}”); give me the text in quotes.",
        "我无法自动识别字幕内容（“{phrase}”），请用引号给出文字。",
    ),
    "script_text": (
        "Give me the words of the voiceover (“{phrase}”), for example: voiceover: “Welcome …”.",
        "请给出旁白文稿（“{phrase}”），例如：旁白：“欢迎……”。",
    ),
    "too_long": (
        "Your message is very long; I read only its first 20,000 characters, up to before “{phrase}”.",
        "消息太长，我只读了前20000个字符，“{phrase}”之后未读。",
    ),
}

TALK: Final[dict[str, tuple[str, str]]] = {
    "hello": (
        "Hello! Upload some photos and tell me what kind of video you'd like.",
        "你好！上传照片并告诉我想要什么样的视频吧。",
    ),
    "help": (
        (
            "I turn photos and clips into videos: length, order, format (16:9, 9:16, 1:1), camera "
            "motion, transitions, titles, captions and background music. I can also generate a clip from "
            "a description. For example: “Make a 15-second vertical reel with soft cross-dissolves, "
            "title ‘Kyoto’”."
        ),
        "我可以把照片和视频素材做成视频：时长、顺序、比例（16:9、9:16、1:1）、运镜、转场、标题、字幕和背景音乐，也可以根据描述生成片段。例如：“做一个15秒的竖屏视频，柔和的交叉溶解，标题‘京都’”。",
    ),
    "thanks": ("You're welcome!", "不客气！"),
    "export": (
        "To get the file, click the Export button in the top right corner.",
        "请点击右上角的导出按钮来导出视频。",
    ),
    "credits": (
        "You can check your credits under Account > Billing in the top right menu.",
        "你可以点击右上角账户菜单，在“账单”中查看积分余额。",
    ),
    "status": ("Open the Timeline panel to see all tracks. {state}", "请打开时间线面板查看所有轨道。{state}"),
    "question": (
        "About “{phrase}”: {state} Ask “what can you do?” to see what I can help with.",
        "关于“{phrase}”：{state}输入“你能做什么”可以查看我的功能。",
    ),
}

_SAYINGS: Final[dict[str, tuple[str, str]]] = {
    "start_assemble": ("I'll put your {items} together.", "我来把你的{items}合成视频。"),
    "start_generate": (
        "I'll generate your video now. This may take a few minutes.",
        "我现在开始生成视频，可能需要几分钟。",
    ),
    "start_edit": ("Let me change that.", "好的，我来修改。"),
    "done": ("Done! ", "完成！"),
    "changed": ("Done: {changes}. ", "已完成：{changes}。"),
    "raw": ("The raw clip is ready: ", "原始片段已生成："),
    "finished": ("I've also added some finishing touches: {changes}.", "我还为它做了包装：{changes}。"),
    "no_media": (
        (
            "There is nothing to work on yet. Upload some photos or clips first (drag and drop them into "
            "the media panel), or describe a video for me to generate."
        ),
        "还没有可以处理的素材。请先上传照片或视频（拖拽到素材面板），或者描述一个画面让我生成。",
    ),
    "no_subject": (
        "Tell me what the video should show, or upload some photos.",
        "请告诉我视频里要有什么，或者先上传照片。",
    ),
    "no_draft": (
        (
            "There is no video yet. Tell me what to make of your uploads ({count}), for example: “make a "
            "15-second vertical video”."
        ),
        "还没有视频。请告诉我怎么处理你上传的{count}个文件，例如：“做一个15秒的竖屏视频”。",
    ),
    "nothing": (
        "I didn't find anything in that message that I could do, so nothing has changed.",
        "这条消息里没有我能执行的内容，所以没有任何改动。",
    ),
    "more_declined": (
        "And {count} more that I can't do and left out.",
        "另有{count}处我也做不到，已略过。",
    ),
    "unchanged": ("Nothing has changed: it was like that already.", "没有改动：现在已经是这样了。"),
    "clash": (
        "“{dropped}” and “{kept}” contradict each other; I went with “{kept}”.",
        "“{dropped}”与“{kept}”相互矛盾，以“{kept}”为准。",
    ),
    "state": (
        "The video is {seconds:g} seconds long, {width}x{height}, made from {items}.",
        "视频时长{seconds:g}秒，{width}x{height}，共{items}。",
    ),
    "state_none": ("There is no video yet.", "目前还没有视频。"),
}

#: The end of a turn that made something: where to view and save it in an editor, which the API does not have.
GUI_TALK: Final[tuple[tuple[str, str], ...]] = (
    ("Preview it in the Timeline panel or click Export to save it.", "请在时间线面板预览，或点击导出按钮保存。"),
    (
        "Open the Timeline panel to check the tracks, then click Export to download the video.",
        "打开时间线面板查看各条轨道，然后点击导出下载视频。",
    ),
    (
        "To rearrange anything, drag and drop the clips on the timeline; then click Export in the top right corner.",
        "如需调整，可在时间线上拖拽片段，满意后点击右上角的导出按钮。",
    ),
    (
        "Click Play in the preview window to watch it; if you like it, click Export.",
        "点击播放按钮在预览窗口查看效果，满意的话点击导出即可。",
    ),
    (
        "Open the Properties panel on the right to fine-tune it, or click Export to get the file.",
        "可以打开右侧的属性面板微调，或直接点击导出获取文件。",
    ),
)

#: The sentences that replace those of the same key in replies without buttons and panels.
_PLAIN: Final[dict[str, tuple[str, str]]] = {
    "export": ("I can't hand you the file in a message; export the video to get it.", "请导出视频来获取文件。"),
    "credits": ("I can't see your credit balance from here.", "我这里看不到你的积分余额。"),
    "status": ("{state}", "{state}"),
    "publish": (
        "I can't publish or send it for you (“{phrase}”); download it and post it yourself.",
        "我无法代你发布或发送（“{phrase}”），请下载后自行发布。",
    ),
    "no_media": (
        "There is nothing to work on yet. Upload some photos or clips first, or describe a video for me to generate.",
        "还没有可以处理的素材。请先上传照片或视频，或者描述一个画面让我生成。",
    ),
}


class Voice:
    """The agent's sentences in one language; `gui` means that they may mention buttons and panels."""

    def __init__(self, language: ReplyLanguage, *, gui: bool = True) -> None:
        self._index = 1 if language == "zh" else 0
        self._gui = gui
        self._comma = "，" if language == "zh" else ", "
        self._semicolon = "；" if language == "zh" else "; "
        self._space = "" if language == "zh" else " "

    def say(self, key: str, **values: object) -> str:
        """Return one of the fixed sentences."""
        return self._from(_SAYINGS, key).format(**values)

    def _from(self, table: Mapping[str, tuple[str, str]], key: str) -> str:
        found = table[key] if self._gui else _PLAIN.get(key, table[key])
        return found[self._index]

    def gui_talk(self, draw: float) -> list[str]:
        """Return a sentence about where to click next, chosen by `draw` (0 to below 1); nothing without GUI talk."""
        return [GUI_TALK[int(draw * len(GUI_TALK))][self._index]] if self._gui else []

    def word(self, name: object) -> object:
        """Return the name of a setting in everyday words."""
        return _WORDS[name][self._index] if isinstance(name, str) and name in _WORDS else name

    def changes(self, notes: Sequence[Note], key: str = "changed") -> str:
        """Return one sentence about the changes; it begins with the sentence of `key`."""
        return self.say(key, changes=self._semicolon.join(dict.fromkeys(map(self._note, notes))))

    def _note(self, note: Note) -> str:
        named = {"motion", "kind", "pace", "at"}
        values = {key: self.word(value) if key in named else value for key, value in note.values.items()}
        if note.key in {"style", "caption_style"}:
            values["look"] = self._look(note)
        return NOTES[note.key][self._index].format(**values)

    def _look(self, note: Note) -> str:
        told: list[str] = []
        for key, value in note.values.items():
            if key == "ms" and isinstance(value, int):
                told.append(f"{value / 1000:g}{'秒' if self._index else ' s'}")
            elif key == "factor" and isinstance(value, float):
                told.append(
                    ("更大" if value > 1 else "更小") if self._index else ("bigger" if value > 1 else "smaller")
                )
            elif key == "on":
                told.append(f"{'第' if self._index else 'photo '}{value}{'张' if self._index else ''}")
            else:
                told.append(str(self.word(value)))
        return f"{'：' if self._index else ': '}{self._comma.join(told)}" if told else ""

    def refusal(self, note: Note) -> str:
        """Return a sentence about something that could not be done."""
        values = {key: self.word(value) if key == "kept" else value for key, value in note.values.items()}
        return REFUSALS[note.key][self._index].format(**values)

    def decline(self, decline: Decline) -> str:
        """Return a sentence about a part of the message that is not done."""
        return self._from(DECLINES, decline.reason).format(phrase=decline.phrase)

    def clash(self, clash: Clash) -> str:
        """Return a sentence about a contradiction in the message."""
        return self.say("clash", dropped=clash.dropped, kept=clash.kept)

    def talk(self, talk: Talk, edit_state: EditState, media: Sequence[Media]) -> str:
        """Return the answer to a message that asks for no work."""
        return self._from(TALK, talk.topic).format(phrase=talk.phrase, state=self.state(edit_state, media))

    def state(self, edit_state: EditState, media: Sequence[Media]) -> str:
        """Return one sentence about the video."""
        if not edit_state["shots"]:
            return self.say("state_none")
        width, height = SIZES[edit_state["aspect"]]
        seconds = lengths.total_ms(edit_state, media) / 1000
        return self.say("state", seconds=seconds, width=width, height=height, items=self.items(edit_state, media))

    def items(self, edit_state: EditState, media: Sequence[Media]) -> str:
        """Return the things that the video is made from, with their numbers."""
        kinds = ["scene" if shot["media"] < 0 else str(media[shot["media"]].file_type) for shot in edit_state["shots"]]
        told = [self._counted(kind, kinds.count(kind)) for kind in dict.fromkeys(sorted(kinds, key=_ITEMS.index))]
        return ("和" if self._index else " and ").join(told)

    def _counted(self, kind: str, count: int) -> str:
        one, chinese = _ITEM_NAMES[kind]
        return f"{count}{chinese}" if self._index else f"{count} {one}{'' if count == 1 else 's'}"

    def summary(self, edit_state: EditState, media: Sequence[Media], key: str = "done") -> str:
        """Return one sentence about a new video: counts, length, size, motion, transitions, texts, music.

        It begins with the sentence of `key`.
        """
        width, height = SIZES[edit_state["aspect"]]
        seconds = lengths.total_ms(edit_state, media) / 1000
        count = len(edit_state["shots"])
        parts = [
            self.items(edit_state, media),
            f"{seconds:g}秒" if self._index else f"{seconds:g} seconds",
            f"{width}x{height}（{edit_state['aspect']}）"
            if self._index
            else f"{width}x{height} ({edit_state['aspect']})",
        ]
        if edit_state["motion"] is not None:
            parts.append(str(self.word(edit_state["motion"])))
        if count > 1:
            join = "" if edit_state["join"] == "cut" else f" ({lengths.transition_ms(edit_state) / 1000:g} s)"
            parts.append(f"{self.word(edit_state['join'])}{join}")
        parts += [f"“{line['text']}”" for line in edit_state["lines"]]
        if edit_state["captions"]:
            parts.append(
                f"{len(edit_state['captions'])}条字幕" if self._index else f"{len(edit_state['captions'])} captions"
            )
        score = edit_state["score"]
        percent = round(edit_state["volume"] * 100)
        if score is None:
            parts.append("无背景音乐" if self._index else "no music")
        else:
            parts.append(
                f"背景音乐“{score['name']}”（{percent}%）"
                if self._index
                else f"background music “{score['name']}” at {percent} %"
            )
        return self.say(key) + self._comma.join(parts) + ("。" if self._index else ". ")
