"""What users can name: commands, Python names, options of pytest, routes, generated documents, files of the wheel."""

from __future__ import annotations

import enum
import importlib
import inspect
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import httpx
from freeze_ours import COMMAND, DOCS_SCRIPT, DOCUMENTS, GENERATED, PACKAGES, TOP, root, serve_fake, specification
from freeze_part import Place, invoke
from freeze_plain import plain_json

#: Special methods that callers use without naming them; others are Python's own business.
SPECIAL: Final = tuple(
    f"__{name}__" for name in ("enter", "exit", "aenter", "aexit", "iter", "next", "aiter", "anext", "call", "len")
)
#: Names of ours among those of pytest's other plugins.
PYTEST_NAME: Final = re.compile(r"(--)?(nemo|contract)[-_]")
_IMPORT: Final = re.compile(r"^ *from (nemovideo_\w+(?:\.\w+)*) import ([\w, ]+)$", re.MULTILINE)
#: What isn't the same in each run or place: an object's address, and the module that a name is in.
_PLACE: Final = re.compile(r" at 0x[0-9a-f]+|\bnemovideo_\w+(?:\.[a-z_]\w*)*\.(?=[A-Z])")
#: Command lines that are refused before anything is called, and what a command prints that calls nothing.
REFUSED: Final = (
    "",
    "--version",
    "nonsense",
    "--nonsense",
    "chat --target nonsense",
    "completion bash",
    "completion nonsense",
    "credits --target nonsense",
    "credits --target http://foreign.invalid",
    "credits --target https://foreign.invalid --json",
    "credits --target production",
    "credits --target mock",
    "diff",
    "diff missing.json --target mock",
    "diff broken.json --target mock --json",
    "download render_1 -o missing/video.mp4",
    "export 1 --target mock",
    "judge",
    "judge missing.jsonl",
    "judge broken.json",
    "judge empty.jsonl",
    "judge --rule nonsense broken.json",
    "judge --target production",
    "judge --rules",
    "make",
    "make missing.jpg",
    "make empty.jpg --json",
    "make broken.json",
    "record",
    "record -o tape.json --only nonsense",
    "record -o tape.json --plan",
    "record -o missing/tape.json",
    "record -o tape.json --target http://foreign.invalid",
    "record -o tape.json --target production",
    "say 1 hello --target mock",
    "serve --set nonsense=1",
    "serve --set nonsense",
    "serve --speed nan",
    "serve --scenario missing.yaml",
    "serve --scenario wrong.yaml",
    "serve --scenario broken.json",
    "session --target http://foreign.invalid --json",
    "skill",
    "skill check",
    "skill check --ignore nonsense broken.json",
    "skill check missing.md",
    "skill check --rules",
    "skill test",
    "skill test missing.md",
    "skill test --list",
    "skill test SKILL.md --scenario nonsense",
    "skill test SKILL.md --baseline broken.json",
    "state 1 --target mock",
    "token --target mock",
    "upload 1 missing.jpg --target mock",
    "verify --only nonsense",
    "verify --report report.txt",
    "verify --set busy=nonsense",
    "verify --without nonsense",
    "verify --target nonsense",
    "verify --agreed agreed.json",
)
#: The files that these command lines name.
FILES: Final = {
    "broken.json": '{"format": 1, ',
    "empty.jsonl": "",
    "empty.jpg": "",
    "wrong.yaml": "seed: none\naccounts: [{credits: -1}]\nfaults: [{kind: nonsense}]\n",
    "SKILL.md": "---\nname: reel\ndescription: Makes reels.\n---\nNemoVideo, through NEMO_API_URL.\n",
}


# --- the command line -------------------------------------------------------------------------------------------------


def help_pages(place: Place) -> None:
    """The help of each command."""
    for path in _commands(root(), ()):
        done = invoke(*path, "--help", folder=place.scratch).check(0)
        place.write(f"help/{'-'.join((COMMAND, *path))}.txt", done.out)


def _commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from _commands(below, (*path, name))


def refusals(place: Place) -> None:
    """What commands say that are used in a wrong way, and how they end."""
    for name, text in FILES.items():
        (place.scratch / name).write_text(text, encoding="utf-8")
    plain = place.plain()
    shown = [f"$ {COMMAND} {line}\n{invoke(*line.split(), folder=place.scratch)}" for line in REFUSED]
    place.write("refusals/refusals.txt", plain("\n".join(shown)))


# --- names of Python --------------------------------------------------------------------------------------------------


def names(place: Place) -> None:
    """Public names: where they are imported from, their signatures, and the first lines of their docstrings."""
    public = {package: {*getattr(importlib.import_module(package), "__all__", ())} for package in PACKAGES}
    for document in DOCUMENTS:
        for module, imported in _IMPORT.findall(document.read_text(encoding="utf-8")):
            public.setdefault(module, set()).update(name.strip() for name in imported.split(","))
    places, signatures, words = [], [], []
    for module, found in sorted(public.items()):
        for name in sorted(found):
            value = getattr(importlib.import_module(module), name)
            places.append(f"from {module} import {name}")
            # Sorted by names, not by modules: what moves has the same lines before and after.
            described = list(_describe(name, value))
            signatures.append("".join(f"{line}\n" for line, _ in described))
            words.append("".join(f"{line.partition('(')[0]}: {said}\n" for line, said in described if said))
    place.write("names/imports.txt", "".join(f"{line}\n" for line in places))
    place.write("names/signatures.txt", "\n".join(sorted(set(signatures))))
    place.write("names/docstrings.txt", "\n".join(sorted(set(words))))


def _describe(name: str, value: object) -> Iterator[tuple[str, str]]:
    """Lines about a name and about what it has, each with the first line of its docstring."""
    if inspect.ismodule(value):
        yield f"{name}: a module", _first_line(value)
        for each in sorted(getattr(value, "__all__", ())):
            yield from ((f"    {line}", said) for line, said in _describe(each, getattr(value, each)))
    elif isinstance(value, type):
        bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
        yield f"class {name}({bases})", _first_line(value)
        if issubclass(value, enum.Enum):
            yield from ((f"    {each.name} = {each.value!r}", "") for each in value)
        else:
            yield f"    {name}{_signature(value)}", ""
        for member in sorted(dir(value)):
            yield from _member(name, value, member)
    elif callable(value) and not hasattr(value, "__origin__"):
        yield f"{_kind(value)}{name}{_signature(value)}", _first_line(value)
    else:
        yield f"{name} = {_PLACE.sub('', repr(value))}", ""


def _member(name: str, owner: type, member: str) -> Iterator[tuple[str, str]]:
    holder = next((base for base in owner.__mro__ if member in vars(base)), None)  # None: of the metaclass
    is_public = not member.startswith("_") or member in SPECIAL
    if holder is None or not is_public or not holder.__module__.startswith("nemovideo_"):
        return
    value = vars(holder)[member]
    if isinstance(value, property):
        got = inspect.signature(value.fget) if value.fget is not None else None
        kind = "" if got is None or got.return_annotation is got.empty else f": {got.return_annotation}"
        settable = "" if value.fset is None else ", settable"
        yield f"    {name}.{member}{kind} (property{settable})", _first_line(value)
    elif isinstance(value, classmethod | staticmethod):
        yield f"    {name}.{member}{_signature(getattr(owner, member))} ({type(value).__name__})", _first_line(value)
    elif inspect.isfunction(value):
        yield f"    {_kind(value)}{name}.{member}{_signature(value)}", _first_line(value)
    elif not isinstance(value, enum.Enum):
        yield f"    {name}.{member}", ""


class _Annotation:
    """An annotation as it is written: without the quotes that a text has."""

    def __init__(self, text: object) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text if isinstance(self.text, str) else inspect.formatannotation(self.text)


def _kind(function: object) -> str:
    return "async " if inspect.iscoroutinefunction(function) else ""


def _signature(value: object) -> str:
    assert callable(value)
    try:
        found = inspect.signature(value)
    except ValueError:  # a class without any of its own
        return "(...)"
    parameters = [
        each if each.annotation is each.empty else each.replace(annotation=_Annotation(each.annotation))
        for each in found.parameters.values()
    ]
    kind = found.return_annotation
    returned = kind if kind is found.empty else _Annotation(kind)
    return _PLACE.sub("", str(found.replace(parameters=parameters, return_annotation=returned)))


def _first_line(value: object) -> str:
    own = value if isinstance(value, type) else None
    said = vars(own).get("__doc__") if own is not None else getattr(value, "__doc__", None)
    return inspect.cleandoc(said).partition("\n")[0] if isinstance(said, str) else ""


# --- pytest -----------------------------------------------------------------------------------------------------------


def pytest_names(place: Place) -> None:
    """What pytest has of ours: options, settings and fixtures."""
    place.scratch.joinpath("test_nothing.py").touch()
    options = place.start("-m", "pytest", "--help").check(0)
    place.write("pytest/options.txt", "".join(_entries(options.out, indent=2)))
    fixtures = place.start("-m", "pytest", "-p", "no:randomly", "--fixtures", "-v", "test_nothing.py").check(
        0, 5
    )  # 5: no tests
    # After the name comes its place in the source, which users do not need.
    text = re.sub(r" -- \S+:\d+$", "", fixtures.out, flags=re.MULTILINE)
    place.write("pytest/fixtures.txt", "".join(sorted(_entries(text, indent=0))))


def _entries(text: str, indent: int) -> Iterator[str]:
    """The entries of a list with one of our names, each with the lines below it that are indented more."""
    entry, lines = False, []
    for line in text.splitlines(keepends=True):
        depth = len(line) - len(line.lstrip())
        if depth <= indent or not line.strip():
            if lines:
                yield "".join(lines)
            lines = []
            entry = depth == indent and PYTEST_NAME.match(line.strip()) is not None
        if entry and line.strip():
            lines.append(line)
    if lines:
        yield "".join(lines)


# --- HTTP -------------------------------------------------------------------------------------------------------------


def http_surface(place: Place) -> None:
    """The specification of the API, and what the fake says of itself: its page, its calls, faults and tokens."""
    place.write("http/openapi.json", f"{specification()}\n")
    with serve_fake() as nemo, httpx.Client(base_url=nemo.base_url, trust_env=False) as http:
        plain = place.plain()
        place.write("http/page.txt", plain(http.get("/").text))
        place.write("http/routes.txt", _routes(http.get("/_mock").json()["routes"]))
        for name in ("", "/worlds", "/clock", "/faults", "/faults/kinds", "/tokens", "/profile", "/accounts"):
            answer = http.get(f"/_mock{name}").text
            place.write(f"http/_mock{name.replace('/', '-')}.json", plain_json(answer, plain))


def _routes(routes: list[dict[str, str]]) -> str:
    return "".join(f"{each['method']} {each['path']}\n" for each in routes)


# --- documents and the wheel ------------------------------------------------------------------------------------------


def papers(place: Place) -> None:
    """The parts of documents that are made from the code, made once more."""
    copies = [place.scratch / path.name for path in (TOP / "PARITY.md", *DOCUMENTS) if _is_generated(path)]
    for copy in copies:
        shutil.copy(TOP / copy.name if copy.name == "PARITY.md" else TOP / "docs" / copy.name, copy)
    place.start(DOCS_SCRIPT, *copies, folder=TOP).check(0)
    for copy in copies:
        (part,) = GENERATED.findall(copy.read_text(encoding="utf-8"))
        place.write(f"papers/{copy.name}", part)


def _is_generated(path: Path) -> bool:
    return GENERATED.search(path.read_text(encoding="utf-8")) is not None


def wheel(place: Place) -> None:
    """The files of the wheel, what it says of itself, and its entry points; sizes and hashes are left out."""
    place.start("-m", "hatchling", "build", "-t", "wheel", "-d", place.scratch, folder=TOP).check(0)
    (file,) = place.scratch.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        place.write("wheel/files.txt", "".join(f"{name}\n" for name in sorted(archive.namelist())))
        (folder,) = {name.partition("/")[0] for name in archive.namelist() if ".dist-info/" in name}
        # What follows the empty line is the README.
        metadata = archive.read(f"{folder}/METADATA").decode("utf-8").partition("\n\n")[0]
        place.write("wheel/metadata.txt", f"{metadata}\n")
        place.write("wheel/entry_points.txt", archive.read(f"{folder}/entry_points.txt").decode("utf-8"))
