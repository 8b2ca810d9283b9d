"""Words of negation: verbs that remove, words that refuse, and words that replace one thing by another."""

from __future__ import annotations

from typing import Final

REMOVE: Final = (
    r"(?:\b(?:remove|removing|delete|drop|lose|kill|cut out|cut|take out|take away|take off"
    r"|get rid of|turn off|switch off|mute|disable|strip|eliminate|erase|clear|ditch|cancel|omit"
    r"|skip|leave out|exclude|hide)\b|删除|删掉|删去|删|去掉|去除|移除|拿掉|取消|关掉|关闭|静音"
    r"|剔除|撤掉|撤下|省去|略过|摘掉|抹掉|弄掉|不要了)"
)
NOT: Final = (
    r"(?:\b(?:no|without|don'?t|do not|does not|doesn'?t|never|zero|minus|sans|avoid|omit|not"
    r"|isn'?t|shouldn'?t|needn'?t|nor)\b|不要|不用|不需要|不想要|不想|不必|不加|不带|不放|不含"
    r"|(?<!是)不是|(?<![分特个区级性类])别(?![的人致忘墅样])加?|没有|无需|无(?![论缝人法比])|勿|不使用|不添加"
    r"|(?<![差是要能可好])不(?![错同变过断但仅知管够太能会行好是]))"
)
#: Words between a negation and the thing that it denies.
NOT_FILLING: Final = (
    r"(?:\b(?:any|the|a|an|use|using|add|adding|have|having|include|put|apply|need|want|kind|of"
    r"|want|with|show|more|my|that|there|be|should|is|fancy|extra|some|all|make|it|me|do|please|so"
    r"|too|very)\b|任何|有|加上?|添加|使用|用|放|配|再|这个|那个|这些|这|的|给我|上|它|做|弄|太"
    r"|那么)"
)
INSTEAD: Final = (
    r"(?:\b(?:instead of|rather than|in place of|replacing|but not|and not|, not)\b|而不是|而非|代替|取代|替换)"
)
