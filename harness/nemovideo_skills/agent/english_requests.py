"""The patterns and words of requests in English."""

from __future__ import annotations

from typing import Final

from nemovideo_skills.agent.clause_meaning import FILE, Lexicon, words
from nemovideo_skills.agent.request_patterns import RequestPatterns, compile_pattern

_THING: Final = r"(?:video|clip|file|result|reel|movie|film|project|mp4|slideshow|draft|version|animation)"
_WHICH: Final = r"(?:the|my|this|that|our)(?: (?:final|finished|whole|current|new|edited|video|full|last))*"
_IT: Final = rf"(?:it|this|that|them|all|everything|{_WHICH} {_THING}|{_THING})"
_PLACE: Final = r"(?:my |the |this )?(?:computer|pc|laptop|disk|drive|phone|desktop|folder|device|downloads)"
_QUALITY: Final = (
    r"(?:4k|2k|8k|\d{3,4}p|\d+ ?fps|(?:full )?hd|(?:the )?(?:high|highest|best|full|good) (?:quality"
    r"|resolution))"
)
#: A word that may belong to the name of the next file.
_PLAIN: Final = r"(?!(?:and|as|from|in|into|like|of|on|than|to|using|with)\b)[\w-]+"
_TAIL: Final = (
    r"(?:,? ++(?:again|now|please|for me|to me|once more|right away|right now|here|thanks|too|as well|already"
    r"|anyway"
    rf"|(?:as|to|into|in|under|called|named) (?:(?:an?|the|my|our|this) )?"
    rf"(?:(?:{_PLAIN} ){{0,2}}{FILE}++"
    rf"|(?:the )?(?:name|file|folder|directory)(?: called| named)? {FILE}++|mp4|mov|gif|webm|avi|file|video)(?: file"
    r"| format)?"
    rf"|(?:in|at|with) {_QUALITY}|(?:to|on|onto|in) {_PLACE}"
    r"|(?:when|once|as soon as) (?:you're|you are|it's|it is|that's|this is|that is|everything is) (?:done"
    r"|ready|finished)))*"
)
_SAVING: Final = r"(?:re-?)?(?:export|download)(?:ing)?"
_EXPORTS: Final = (
    rf"{_SAVING}(?: {_IT})?"
    rf"|(?:send|give|get|deliver|hand|bring|show)(?: over)? (?:me|us) {_WHICH} (?:file|mp4|video file)"
    rf"|(?:send|give|get|deliver|hand)(?: over)? (?:me|us) {_WHICH} {_THING}"
    rf"|(?:send|give|hand|mail) {_IT}(?: over)? to (?:me|us)|save(?: {_IT})|save|render(?: {_IT})?"
    r"|(?:click|press|hit|push|use|tap)(?: on)? (?:the )?(?:export|download|save)(?: button)?"
    r"|(?:the )?(?:export|download) button"
    r"|(?:start|do|run|make|begin|do) (?:the|an|another) (?:export|download|render)"
    rf"|let (?:me|us) (?:have|get) {_IT}"
    rf"|(?:can|could|may) (?:i|we) (?:now )?(?:get|have|export|download|save|see) (?:{_IT})"
)
_NOT: Final = (
    r"(?:do not|don'?t|don’t|not|never|no|no need|won'?t|shouldn'?t|without|hold off on|hold off|hold|wait with"
    r"|wait before|wait|stop|cancel|skip|postpone|delay)"
)
_LOOK: Final = (
    r"(?:(?:please )?(?:show|list|give|see|view|display|describe|check|print|read|get|what'?s|what’s|what is"
    r"|what are|tell)(?: me| us)?(?: about)?)"
)
_OF_CREDITS: Final = r"(?:credit balance|account balance|credits?|balance|quota)"

_WORDS: Final = Lexicon(
    small=words(
        "i i'd we you your my our the a an this that these those of to for on in at with by as be so then and"
        " also please kindly just now already can could would may let let's go ahead want need like love kind"
        " here today all any more ok okay well"
    ),
    fetch=words("export exporting download downloading save saving render rendering ship"),
    hand=words("send give drop hand deliver mail email pass get fetch"),
    file=words(
        "video clip file result results reel movie film mp4 version slideshow cut copy thing everything final"
        " finished complete whole full latest new current"
    ),
    new=words("a an another one"),
    it=words("it this that them"),
    me=words("me us"),
    carry=words("get have put drop place move copy bring load transfer"),
    spots=words("phone computer laptop desktop disk drive downloads device pc mac tablet usb"),
    about_fetch=words(
        "afterwards again once over out up back right away asap immediately quickly straight time folder onto"
        " into from too anyway next finally hd first it me"
    ),
    no=words(
        "not don't never no nobody without won't wouldn't shouldn't can't needn't isn't stop cancel skip hold"
        " wait delay postpone forget later tomorrow"
    ),
    about_no=words(
        "yet rather dare mind about off until before till unless say said tell told ask asked asking anything"
        " rush hurry going button decided against longer end after all think i've plans reason point ready"
        " quite still must should have it is there nothing do"
    ),
    how=words("how where where's way"),
    about_how=words("do does is are there any find put get should will possible"),
    ask=words("how what what's which where is are am was did does do will would have has if whether when"),
    money=(
        words("credits credit balance quota budget"),
        words("cost costs price expensive cheap spend spent pay afford charge charged"),
        words(
            "many much four five anything left remaining remain remains available free used use spent spend cost costs"
            " take taken takes eat eats eaten burn burned running run out low enough last previous edit edits turn"
            " change render export clip clips video videos scene scenes piece pieces two three export exporting"
            " download downloading another other one account check show see tell view got buy top up still far"
            " total per each amount number only again"
        ),
    ),
    place=(
        words("status progress tracks timeline state"),
        words(
            "done finished ready complete completed stand stands standing happening far exported downloaded"
            " rendered uploaded"
        ),
        words(
            "look looks show see list view display pull bring open call up track by check tell print describe"
            " give going coming along things thing video project render rendering export download clip reel work job"
            " edit long each left still there been made changed yet which photo photos picture pictures file"
            " files after edit cut change whole current summary overview update know it get exactly only"
        ),
    ),
    send=(
        words("upload attach import"),
        words(""),
        words(
            "photo photos picture pictures image images file files video videos clip clips music song songs"
            " audio media footage else anything something another other others some new should must format"
            " formats kind kinds type types size big large limit maximum max supported allowed possible how"
            " many from computer first again up"
        ),
    ),
    into=words("as to into called under named in"),
    spaced=True,
)

ENGLISH: Final = RequestPatterns(
    words=_WORDS,
    breaks=compile_pattern(
        rf"(?:[.!?;]+(?=\s|$)|:(?=\s(?!\s*{FILE}))|\n|\s[-–—]+\s|—|,)\s*(?:(?:and|but|or) )?(?:(?:then"
        rf"|after that"
        r"|afterwards|finally|next|so)\b,?\s*)*|\s+(?:and |but )?(?:then|after that|afterwards)\b,?\s*"
        r"|\s+(?:and|but)\s+(?=(?:(?:please|just|also|finally|now) )*(?:export|download|send (?:me|it)|give me"
        r"|save (?:it|the)"
        r"|render it|show (?:me )?(?:the )?(?:status|tracks|timeline)|tell me (?:how|my|the)|check (?:my|the)"
        r"|upload)\b)|^(?:and |but )?(?:then|after that|afterwards|finally)\b,?\s*"
    ),
    joints=compile_pattern(
        r",?\s+(?:and|but|or|so|plus)\s+(?=(?:(?:please|just|also|finally|now|then|you can|can you"
        r"|could you|let me|let's)"
        r"\s+)*(?:export|download|send|give|drop|hand|deliver|mail|email|pass|save|render|ship|show|tell|check"
        r"|see|list|get|view|upload|how|what|where|is|are|do)\b)"
        r"|\s+and\s+(?=(?:make|add|remove|delete|change|put|set|fix|trim|cut|turn|move|swap|replace|shorten"
        r"|use)\b)"
    ),
    polite=compile_pattern(
        r"(?:(?:ok(?:ay)?|yes|yeah|great|now|and|then|so|please|just|also|first|finally|well|hey|hi|alright"
        r"|all right"
        r"|go ahead and|let'?s|let’s|let us|can you|could you|would you|will you|can we|could we|please do|do"
        r"|kindly|simply"
        r"|i(?:'d|’d| would)? (?:like|love|want|need)(?: you)? to|i wanna|i want|i need|you can|you may"
        r"|you should|time to|tell me"
        r"|(?:don'?t|don’t|do not|never) forget to|remember to|make sure to|be sure to|how about|why not|why don'?t you"
        r"|let me|try to"
        r"|if (?:it'?s|it’s|it is|that'?s|that’s|everything(?:'s| is)|all is) (?:good|fine|okay|ok|ready|done"
        r"|right)|i(?:'m|’m| am) (?:happy|done|ready)(?: to)?)\b,?\s*)*"
    ),
    filler=compile_pattern(
        r"(?:(?:ok(?:ay)?|yes|yeah|yep|sure|great|perfect|thanks|thank you|please|nice|good|cool|fine|alright"
        r"|all right|lovely"
        r"|wow|awesome|super|very|much|so|that'?s|that’s|that|it|this|is|it'?s|it’s|looks?|good|well|enough"
        r"|like|i|love|now|well|done|all"
        r"|hi|hey|hello|will|do|and|think|we'?re|we’re|we|are|would|you|right|again)\b\s*)+"
        r"|(?:once|when|after|if|as soon as|and when) (?:that'?s|that’s|that is|that|it'?s|it’s|it is|you'?re"
        r"|you’re|you are|you have|this is"
        r"|everything'?s?|all)(?: is| are)?(?: done| ready| finished| good| okay| ok| it| looks good)*"
        r"|no (?:rush|hurry|questions?|problem|worries|need to (?:ask|wait|confirm))|without (?:asking|waiting)"
        r"|(?:you )?(?:please )?(?:don'?t|don’t|do not|needn'?t) (?:need to )?ask(?: me)?(?: again| first| anything)*"
        r"|before (?:you )?(?:export|download|sav|render)(?:ing|e)?(?: it| the video| that)?"
        r"|(?:when |once |if )?(?:i|we|you)(?:'m|’m|'re|’re| am| are) (?:all )?(?:done|finished|ready|happy"
        r"|through|set|satisfied)"
        r"(?: (?:now|here|with (?:it|that|this|everything|all of it|the (?:video|edit|edits|changes|result))))*"
        r"|(?:scratch|forget|ignore) (?:that|it|what i said)|never ?mind|on second thoughts?|(?:let's|let’s"
        r"|that's a|that’s a) wrap(?: (?:it )?up)?"
    ),
    reverse=compile_pattern(
        r"(?P<late>.*?\S)(?: but)?(?: only| just)? (?:after|once|when) (?:you(?:'ve|’ve| have)? )?(?P<early>.+)"
    ),
    before=compile_pattern(
        r"before (?:you )?(?:export|download|sav|render)(?:ing|e)?(?: it| the video| that)?,?\s+(?=\S)"
    ),
    condition=compile_pattern(
        r"(?:only |but |just )*(?:(?:not (?:before|until|unless)|only (?:after|once|when)) you(?:'ve|’ve| have)?"
        r"|(?:after|once|when) you(?:'ve|’ve| have)) (?:first )?"
        r"(?P<early>(?:add|remov|delet|made|mak|chang|put|set|fix|trim|cut|turn|mov|swap|replac|shorten|us)\w*\b"
        r".+)"
    ),
    hold=compile_pattern(
        rf"(?:(?:i|i'm|i’m|i am|we|please|ok|but) )*{_NOT}(?: (?:really|want|need|yet|going|ready|you|to"
        rf"|just|have"
        r"|let'?s|on|me|with|the|a))*"
        rf" (?:{_SAVING}|upload(?:ing)?|(?:sav|render)(?:ing|e)?)(?: {_IT})?"
        r"(?: ++(?:yet|now|please|for now|just yet|so far|anything|right now|today|button|first"
        rf"|(?:to|as|in|into) {FILE}++))*"
        r"(?: (?:until|till|unless) (?!you\b).*)?"
        rf"|(?:please )?{_SAVING}(?: {_IT})? (?:only |not )?(?:after|once|when|until|unless) (?:i|we|my|they"
        rf"|he|she)(?:'\w+)?\b.*"
    ),
    how=compile_pattern(
        r"(?:how (?:do|can|could|would|should|will) (?:i|we|you|one)|how to|where(?:'s|’s| is| are| can i"
        r"| do i)?(?: find| get)?(?: the)?"
        rf"|what(?:'s|’s| is) the way to)(?: \w+)? (?:{_SAVING}|save|get)\b.*"
    ),
    export=compile_pattern(rf"(?:{_EXPORTS}){_TAIL}"),
    credits=compile_pattern(
        rf"(?:my |the |any |all )*(?:remaining |available |free |current )*{_OF_CREDITS}(?: left| remaining"
        r"| available| please| status)*"
        r"|(?:how (?:many|much|are|is)|what'?s|what’s|what is|what are|show|check|see|do i|do we|are there"
        r"|have i|did|get|list|any|look up)\b"
        rf"(?:(?! end | closing | opening | rolling | film ).){{0,40}}\b{_OF_CREDITS}\b(?! (?:card|roll|over"
        rf"|at the end|with|screen|scene)).{{0,40}}"
        r"|how (?:much|many) (?:did|does|do|will|would|is|was) (?:this|that|it|the (?:last )?(?:one|edit|clip"
        r"|video))(?: \w+)?(?: cost)?"
        r"|(?:how (?:do|can) i )?(?:top up|buy (?:more )?credits|get more credits)(?: my account| credits)?"
        r"|(?:check|show|open|see)(?: me)? (?:my|the) (?:account|billing|plan)(?: .*)?"
    ),
    state=compile_pattern(
        r"(?:the |my |current )*(?:status|state|progress|timeline|tracks)(?: please| update| now| of (?:it"
        r"|my video|the video|the project))*"
        rf"|{_LOOK}(?: (?:all|the|my|current|our))* (?:status|tracks?|timeline|state|progress)"
        r"(?: (?:of (?:it|this|(?:my|the|our|this) (?:video|project|render|export|clip|reel|timeline))"
        r"|look like|now|again|so far|please|at the moment|summary|we have|there are))*"
        r"|what(?:'s|’s| is|'re|’re| are) (?:(?:on|in) )(?:the |my )?(?:timeline|video|it|there|project)(?: now"
        r"| so far| at the moment)*"
        r"|what does (?:it|the video|the timeline|this|my video) look like(?: now| so far| at the moment)*"
        r"|what have (?:you|we) (?:done|made|got|changed)(?: so far| until now| here)*"
        r"|what do we have(?: so far| now)*"
        r"|how far (?:are|is) .*|how(?:'s|’s| is) (?:it|the video) (?:going|coming along)|any progress"
        r"|where are we(?: now)?|is (?:it|the video|my video) (?:ready|done|finished)(?: yet| now)*"
        r"|(?:what|which)(?: (?:files?|photos?|pictures?|images?|clips?|videos?|songs?|media))?"
        r" (?:did (?:i|we) upload|(?:have (?:i|we) )?uploaded)(?: so far| already| yet| here| until now)*"
    ),
    upload=compile_pattern(
        r"(?:upload|attach|import)(?:ing)?(?: (?:a|an|my|some|these|this|the|more|another|other|few|new|two"
        r"|three|four|five|\d+|of"
        r"|photos?|pictures?|images?|files?|videos?|clips?|music|audio|songs?|pics?|footage|media|ones?|too|now"
        r"|first|please|and|or))*"
        r"|(?:can|could|may|how (?:do|can|should)|what|which|where|is it possible)\b(?:(?! to (?:youtube|tiktok"
        r"|instagram|facebook)).)*\bupload(?!ed)"
        r"(?! (?:it|this|that|the (?:result|video|clip|reel|film|movie|export|final|finished)\w*)\b)"
        r"(?:(?! to (?:youtube|tiktok|instagram|facebook)).)*"
    ),
    only_files=compile_pattern(
        r"(?:upload|upload(?:ing)?|here|are|is|you go|these|this|those|my|the|photos?|pictures?|images?|videos?"
        r"|clips?|files?|music|songs?"
        r"|attached|attach|attachments?|and|two|three|four|five|\d+|please|also|too|i have|send(?:ing)?|import"
        r"|load|them|for you|as well"
        r"|ok(?:ay)?|hi|hello|first|it'?s|can you|could you|i want to|i'd like to|now|more|another|one"
        rf"|{FILE}++|[\s,:;.&+!-])++"
    ),
    refusal=compile_pattern(
        r"(?=.*\b(?:no|nope|nah|not|never|hold on|wait|cancel|stop|don't|don’t)\b)(?:(?:no|nope|nah|not|never|hold on"
        r"|wait|cancel|stop|rather|please|yet|now|just|today|thanks|thank you|so soon|i|don't"
        r"|don’t|think|so|it's|it’s|too early)\b,?\s*)+"
        r"|(?:but |only )*not (?:before|until|till|unless) (?:i|we|my|they|he|she)\b.*"
    ),
    longing=compile_pattern(
        r"(?:ok,? |well,? )?i(?:'d|’d| would| really| do)*"
        r" (?:wish|love|like|want|wanted|hope|hoped|was going|was about|thought)\b|i(?:'d|’d| would| could)\b"
    ),
    contrast=compile_pattern(r"[,;.\s–—-]*\b(?:but|however|only that|except that|though|although|unfortunately)\b"),
    reason=compile_pattern(
        r"(?:my|our|the|a|his|her|their|everyone|everybody|somebody|someone|they|she|he|i|we|\s)*"
        r"(?:boss|client|customer|friend|friends|colleague|colleagues|manager|team|wife|husband|mother|mom"
        r"|mum|father|dad|parents|teacher|editor|people|kids|family|audience)?\s*"
        r"(?:(?:is|are|'s|'re) (?:already |still )?(?:waiting|asking)(?: for (?:it|this|that|me|us))?"
        r"|(?:really |just )?(?:needs?|wants?|expects?|asked for|is due|has to leave|have to (?:leave|go))"
        r"(?: (?:it|this|that|the (?:file|video|clip)|to (?:have|get|see) (?:it|this)))?)"
        r"(?: (?:by|at|before|in|this|until|right|for|on) ?(?:noon|now|tonight|tomorrow|today|morning"
        r"|evening|afternoon|monday|tuesday|wednesday|thursday|friday|an hour|minutes|the meeting|\w+ o'clock"
        r"|\d+(?::\d+)?(?: ?[ap]m)?)| tonight| now| today| tomorrow| soon| urgently)*"
    ),
    reported=compile_pattern(
        r"(?:(?:my|our|the|his|her|their) \w+|he|she|they|somebody|someone|everybody|everyone|people) (?:\w+ )?"
        r"(?:wants? to know|asks?|asked|wonders?|says?|said|thinks?|thought|told|tells|claims?)\b"
    ),
    halt=compile_pattern(
        r"[\s.!,…]*(?:(?:ok|okay|oh|no|please|just|sorry|actually|now)[\s,.!]+)*(?:cancel|stop|abort|halt|wait|hold on"
        r"|hang on|not (?:yet|now)|never ?mind|forget it|leave it)"
        r"(?:[\s,.!]+(?:it|that|this|everything|now|please|right there|there|the (?:export|render|download)|a moment"
        r"|a (?:second|minute|sec|bit)|yet|thanks|stop|wait))*[\s.!…]*"
    ),
    without=compile_pattern(
        r"[,;\s–—-]*\b(?:with no|without|minus|no|with)\b"
        r"(?! (?:rush|hurry|need|problems?|worries|thanks|thank|questions?|longer|more|matter|pressure|stress|doubt"
        r"|idea"
        r"|delay|waiting|asking|further|pleasure|love|you|it|that|this)\b) \w+"
    ),
    look=compile_pattern(
        r"(?:please |just |first |then |also |and |can you |could you )*(?:show|check|look up|list|tell|give)(?: me)?"
        r" (?:my |the |all |current )*(?:credits?|credit balance|balance|quota|status|state|tracks|timeline|progress)"
        r"(?: first| again| now)?"
    ),
    ahead=compile_pattern(
        r"(?P<first>\S.*?),? before (?:you |we |i ask you to )?(?:start |begin |go on )?"
        r"(?P<late>(?:add|remov|delet|mak|chang|put|set|fix|trim|cut|turn|mov|swap|replac|shorten|us)(?:e|ing|ting|ming)?\b.+)"
    ),
)
