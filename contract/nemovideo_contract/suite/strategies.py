"""Hypothesis strategies for what callers send, from the vocabulary and the specification."""

from __future__ import annotations

from typing import Final, cast

from hypothesis import strategies as st

from nemovideo_contract.http.exchange import File
from nemovideo_contract.http.sample_files import gif, png, wav
from nemovideo_contract.openapi import Json, JsonObject, mapping
from nemovideo_contract.suite.schema_strategies import SCRIPTS, fitting, header, schema
from nemovideo_contract.wire import CLIENT_ID_MAX_LENGTH, FORMATS, RENDER_ID_PREFIX, FileType

#: Characters that a path can have without quoting.
_UNRESERVED: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~"
#: Characters that a header can have.
_VISIBLE: Final = "".join(map(chr, range(0x21, 0x7F)))
_NAME: Final = "abc XYZ09-_äé视频🎬"

#: Every file ending that the service accepts, in lower case.
ENDINGS: Final = (*(ending for kind in FileType for ending in FORMATS[kind]), "jpeg")

#: Client ids, from the shortest to the longest.
client_ids: Final = st.text(_VISIBLE, min_size=1, max_size=CLIENT_ID_MAX_LENGTH)
#: Client ids that are too long.
long_client_ids: Final = st.text(_UNRESERVED, min_size=CLIENT_ID_MAX_LENGTH + 1, max_size=400)
#: The attribution headers, each with something in it; known platforms and others.
attributions: Final = st.fixed_dictionaries(
    {
        name: st.one_of(cast("st.SearchStrategy[str]", fitting(found)), st.text(_VISIBLE, min_size=1, max_size=60))
        if "x-known-values" in mapping(found)
        else st.text(_VISIBLE, min_size=1, max_size=60)
        for name, found in map(header, ("SkillSource", "SkillVersion", "SkillPlatform"))
    }
)
#: Language codes, from documents and others.
languages: Final = st.sampled_from(("en", "zh-CN", "ja", "es", "pt-BR", "de", "ar", "zh", "sr-Latn-RS"))
#: Names of projects.
task_names: Final = st.text(SCRIPTS, min_size=1, max_size=40).filter(lambda name: name.strip() == name)
#: What people write to the agent, in many scripts.
messages: Final = st.text(SCRIPTS, min_size=1, max_size=200).filter(str.strip)
#: Messages that ask for no work, in the documents' two languages.
greetings: Final = st.sampled_from(
    ("Hello!", "What can you do?", "How long is it?", "Thanks!", "你好！", "你能做什么？")
)
#: Messages that ask for a change of a draft.
edits: Final = st.sampled_from(
    ("Remove the music", "Add calm piano music", "Remove the title", "Change the title to 'Gion'", "把标题改成'京都'")
)


def mix_case(ending: str) -> st.SearchStrategy[str]:
    """Return an ending in any mixture of upper and lower case."""
    return st.tuples(*(st.sampled_from((each.lower(), each.upper())) for each in ending)).map("".join)


#: The part of a file's name before its ending.
_stems: Final = st.text(_NAME, min_size=1, max_size=30).filter(lambda name: name.strip() == name)
#: Names of files of every format; the ending in any case.
file_names: Final = st.builds("{}.{}".format, _stems, st.sampled_from(ENDINGS).flatmap(mix_case))
#: Names of pictures; the ending in any case.
image_names: Final = st.builds("{}.{}".format, _stems, mix_case("png"))
#: File names with an ending that the service doesn't accept.
unknown_names: Final = st.builds(
    "{}.{}".format,
    st.text("abcXYZ09-_", min_size=1, max_size=20),
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=5).filter(lambda ending: ending not in ENDINGS),
)


def _picture(name: str, red: int) -> File:
    return File(name, png((red, 0, 0)))


def _animation(stem: str, ending: str) -> File:
    return File(f"{stem}.{ending}", gif())


def _sound(stem: str, ending: str) -> File:
    return File(f"{stem}.{ending}", wav())


#: Small valid files of the kind that their names say.
uploads: Final = st.one_of(
    st.builds(_picture, image_names, st.integers(0, 255)),
    st.builds(_animation, _stems, mix_case("gif")),
    st.builds(_sound, _stems, mix_case("wav")),
)
#: Ids of exports as callers choose them.
render_ids: Final = st.text(_UNRESERVED, min_size=8, max_size=40).map(RENDER_ID_PREFIX.__add__)
#: URLs of files of every format, for uploads by URL.
urls: Final = st.builds(
    "https://example.com/media/{}.{}".format,
    st.text(_UNRESERVED, min_size=1, max_size=30),
    st.sampled_from(ENDINGS).flatmap(mix_case),
)

#: One address of a file of each type.
URLS: Final = tuple(f"https://example.com/media/file.{FORMATS[kind][0]}" for kind in FileType)

_DRAFTS: Final = cast("st.SearchStrategy[JsonObject]", fitting(schema("Draft")))


def _segments(draft: JsonObject) -> int:
    tracks = cast("list[JsonObject]", draft["t"])
    return sum(len(cast("list[Json]", track["sg"])) for track in tracks)


#: Drafts that fit the specification and have at least one segment.
drafts: Final = _DRAFTS.filter(_segments)
#: Drafts that fit the specification and have no segment.
empty_drafts: Final = _DRAFTS.filter(lambda draft: not _segments(draft))
#: Values for the output of an export.
outputs: Final = cast("st.SearchStrategy[JsonObject]", fitting(schema("RenderOutputRequest")))
