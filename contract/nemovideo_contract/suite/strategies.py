"""Hypothesis strategies for what callers send, from the vocabulary and the specification."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from nemovideo_contract.wire import CLIENT_ID_MAX_LENGTH, FORMATS, RENDER_ID_PREFIX, FileType

#: Letters of several scripts, and what breaks careless code: quotes, line ends, signs beyond the first plane.
_SCRIPTS: Final = "abcXYZ 0189 äöñ Жук 视频片段 ビデオ 동영상 مقطع 🎬🌸 \"'\\<>&{}[]:;,.!?…–\n\t\u2028"
#: What may stand in a path without being quoted.
_UNRESERVED: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~"

#: Client ids that are too long to be any.
long_client_ids: Final = st.text(_UNRESERVED, min_size=CLIENT_ID_MAX_LENGTH + 1, max_size=400)
#: Language codes, of documents and of none.
languages: Final = st.sampled_from(("en", "zh-CN", "ja", "es", "pt-BR", "de", "ar", "zh", "sr-Latn-RS"))
#: Names of projects.
task_names: Final = st.text(_SCRIPTS, min_size=1, max_size=40).filter(lambda name: name.strip() == name)
#: What people write to the agent, in many scripts.
messages: Final = st.text(_SCRIPTS, min_size=1, max_size=200).filter(str.strip)
#: Names of pictures; the ending in any case.
image_names: Final = st.builds(
    "{}.{}".format,
    st.text("abc XYZ09-_äé视频🎬", min_size=1, max_size=30).filter(lambda name: name.strip() == name),
    st.sampled_from(("png", "PNG", "Png")),
)
#: Names that end as no file does that is taken.
unknown_names: Final = st.builds(
    "{}.{}".format,
    st.text("abcXYZ09-_", min_size=1, max_size=20),
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=5).filter(
        lambda ending: ending != "jpeg" and not any(ending in FORMATS[kind] for kind in FileType)
    ),
)
#: Ids of exports as callers make them up.
render_ids: Final = st.text(_UNRESERVED, min_size=8, max_size=40).map(RENDER_ID_PREFIX.__add__)
