"""Words that describe, and ask for nothing."""

from __future__ import annotations

from typing import Final

#: Whole phrases that describe and ask for nothing.
DESCRIPTIONS: Final[tuple[str, ...]] = (
    r"(?:这)?[一两二三四五六七八九十]个(?:大)?字",
    (
        r"\b(?:make|making|made|so|to|that|which|and|it|them|this|everything|feel|look)(?: (?:make"
        r"|makes|making|it|them|this|the (?:video|photos?|whole thing)|all|everything|to|that|should"
        r"|will|really)){0,8} (?:look|feel|seem|be)s?(?:ing)? (?:more |just |a bit |really )?(?:like"
        r"|as if from) (?:a |an |the |real |old |one ){0,8}(?:[a-z-]{1,14} )?(?:movie|film|cinema"
        r"|documentary|memory|dream|ad|commercial|magazine|postcard|story|journey|trailer|pro"
        r"|professional)s?(?: still| stills| scene| frame| poster| trailer| moment)?"
    ),
    (
        r"\b(?:intended|meant|designed|good|perfect|suitable|fit|ready|ideal|great|optimi[sz]ed"
        r"|formatted|sized) (?:for|on)\b"
    ),
    (
        r"\b(?:that|which) (?:i|we) (?:can|could|will|want to|plan to) (?:post|use|share|upload|put"
        r"|send)(?: (?:it|this))?(?: (?:on|to|in|as|with|at))?\b|\b(?:i'll|i will|we'll|i'm going to"
        r"|i want to|ready) ?(?:to )?(?:post|share|upload|use|show)(?:ing)?(?: (?:it|this))?(?: (?:on"
        r"|to|in|as|at))?\b|\b(?:to|for) (?:post|posting|share|sharing|upload|uploading|use|publish"
        r"|publishing)(?: (?:it|this))?(?: (?:on|to|in|as))?\b"
    ),
    (
        r"\b(?:for|to) (?:my|our|the|a|an|his|her|their|your"
        r"|use in my) (?:[a-z'-]{1,16} ){0,3}(?:website|site|page|profile|channel|account|blog|store"
        r"|shop|brand|business|company|team|friends?|family|mom|mum|mother|dad|father|wife|husband"
        r"|kids?|grandma|grandmother|grandparents|parents|girlfriend|boyfriend|boss|client|clients"
        r"|customers|audience|followers|feed|portfolio|birthday|wedding|anniversary|party|event"
        r"|campaign|presentation|pitch|deck|class|school|project|launch|product|listing|newsletter"
        r"|homepage|ad)s?\b"
    ),
    (
        r"\b(?:inside|within|in|into) (?:my|the|our|a) (?:work)?flow\b"
        r"|\bfor content creators(?:,? (?:and )?marketers)?\b|\b(?:go|goes|going) viral\b"
        r"|\bsocial media(?: content| posts?| clips?)?\b"
    ),
    (
        r"\b(?:that|which|who) (?:tells?|shows?) (?:a|the|our|my) story(?: of (?:my|our|the"
        r"|this) [a-z]{1,14}(?: [a-z]{1,14})?)?\b"
    ),
    (
        r"(?:让|使)?(?:它|画面|照片|视频|整体|整个|效果)?(?:看起来|看上去|感觉"
        r"|显得)(?:更)?(?:就)?像(?:是)?(?:一部|一张|一个)?(?:电影|大片|纪录片|回忆|梦)(?:剧照|画面"
        r"|镜头|一样|般|片段){0,8}"
    ),
    r"(?:在|从)[^,.;!?\n,的]{1,10}(?:拍摄?|照|旅行|旅游)(?:时)?(?:拍)?的",
    (
        r"(?:我?(?:要|想|会|打算))?(?:适合|适用于|用于|用来|用在|为)?(?:发布?到|发布?在|发布?|分享到"
        r"|放在|放到|上传到?|给)?(?=抖音|快手|小红书|视频号|b站|instagram|ig|tiktok|youtube|reels"
        r"|shorts|朋友圈)"
    ),
)
