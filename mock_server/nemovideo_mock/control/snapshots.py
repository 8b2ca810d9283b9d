"""The control calls that save, restore and copy a world, with the files of its uploads and exports."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, cast

from starlette.responses import Response

from nemovideo_contract.json_input import JsonInputError, parse
from nemovideo_contract.wire import RenderStatus
from nemovideo_mock.control.control_request import ControlError, ControlRequest, answer, note
from nemovideo_mock.control.worlds import refuse_taken, world_to_json
from nemovideo_mock.json_fields import FieldError, Fields
from nemovideo_mock.json_types import Json
from nemovideo_mock.runtime.snapshot import Snapshot, SnapshotError, read, restore, to_json
from nemovideo_mock.runtime.storage import Storage
from nemovideo_mock.runtime.world_registry import WORLD_NAME
from nemovideo_mock.runtime.world_runtime import WorldRuntime
from nemovideo_mock.world import Render, RenderFile

#: The most bytes of all files in a snapshot.
FILES_LIMIT: Final = 64 * 1024 * 1024
#: The longest snapshot in bytes, written and read: base64 needs four thirds of the size of the files, and the state
#: needs some more.
SNAPSHOT_LIMIT: Final = FILES_LIMIT // 3 * 4 + 32 * 1024 * 1024
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_EXPORT: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class SnapshotFiles:
    """The bytes of uploads by SHA-256 and of exports by name."""

    uploads: dict[str, bytes] = field(default_factory=dict[str, bytes])
    exports: dict[str, bytes] = field(default_factory=dict[str, bytes])


async def snapshot(command: ControlRequest) -> Response:
    """Return the world as JSON; `?files=true` includes the bytes of uploads and exports."""
    query = command.query("files")
    if query.get("files", "false") not in {"true", "false"}:
        raise ControlError(400, "files must be true or false.")
    runtime = command.runtime
    (uploads, exports), written = _names(runtime), _write(runtime)
    data = await asyncio.to_thread(_read_back, written)
    if query.get("files") == "true":
        data["files"] = await asyncio.to_thread(_embed_files, runtime.storage, uploads, exports)
    # Anyone who has a snapshot can act as any account in it.
    response = await asyncio.to_thread(answer, data, headers={"Cache-Control": "no-store"})
    if len(response.body) > SNAPSHOT_LIMIT:
        raise _too_long(len(response.body))
    if "files" not in data:
        # The caller may restore the snapshot later, when this world has ended.
        runtime.storage.pin(uploads)
    return response


async def put(command: ControlRequest) -> Response:
    """Restore the world from a snapshot; an invalid snapshot changes nothing."""
    command.query()
    found, files = await asyncio.to_thread(_parse, await command.json(SNAPSHOT_LIMIT))
    await _continue_from(command.runtime, found, files)
    command.note("snapshot.restore", {"world": found.world, "seed": found.seed})
    return answer(world_to_json(command.runtime))


async def fork(command: ControlRequest) -> Response:
    """Copy the world into a new world; both continue independently."""
    fields = await command.fields()
    to = fields.text("to", WORLD_NAME, "the name of a world")
    fields.close()
    if to is None:
        raise fields.missing("to")
    refuse_taken(command, to)
    written = _write(command.runtime)
    try:
        # A copy, because `read` must not share anything with the world that goes on.
        found = await asyncio.to_thread(lambda: read(_read_back(written)))
    except SnapshotError as error:
        raise ControlError(409, f"The world can't be copied: {error}") from None
    runtime = command.world_registry.runtime(to)
    await _continue_from(runtime, found, SnapshotFiles())
    note(runtime, "fork", {"from": command.runtime.name, "to": to})
    command.note("fork", {"from": command.runtime.name, "to": to})
    return answer(world_to_json(runtime))


def _write(runtime: WorldRuntime) -> str:
    """Return the world as JSON text; raise 413 if no snapshot may be so long."""
    try:
        written = json.dumps(to_json(runtime))
    except RecursionError:
        raise ControlError(409, "The world can't be written: something in it is nested too deeply.") from None
    if len(written) > SNAPSHOT_LIMIT:
        raise _too_long(len(written))
    return written


def _read_back(written: str) -> Json:
    try:
        return cast("Json", parse(written))
    except JsonInputError as error:
        raise ControlError(409, f"The world can't be written: {error.reason}.") from None


def _too_long(size: int) -> ControlError:
    return ControlError(
        413,
        f"The snapshot has {size} bytes, but only {SNAPSHOT_LIMIT} can be restored: reset the state of the world"
        " (POST /_mock/reset), and use fewer or smaller drafts.",
    )


def _parse(data: object) -> tuple[Snapshot, SnapshotFiles]:
    try:
        fields = Fields(data)
        given = fields.take("files")
        return read(data), SnapshotFiles() if given is None else _read_files(Fields(given, "files"))
    except (FieldError, SnapshotError) as error:
        raise ControlError(400, str(error)) from None


# --- files ------------------------------------------------------------------------------------------------------------


def _names(runtime: WorldRuntime) -> tuple[list[str], list[str]]:
    """Return the files of a world: uploads by hash, exports by name."""
    state = runtime.world.state
    uploads = {media.sha256 for session in state.sessions.values() for media in session.media}
    exports = {render.file.name for render in _all_renders(runtime.world.state.renders) if render.file is not None}
    return sorted(uploads), sorted(exports)


def _all_renders(renders: Mapping[str, Mapping[str, Render]]) -> list[Render]:
    return [render for each in renders.values() for render in each.values()]


def _embed_files(storage: Storage, uploads: list[str], exports: list[str]) -> Json:
    paths: dict[str, dict[str, Path]] = {
        "uploads": {sha256: path for sha256 in uploads if (path := storage.upload(sha256)) is not None},
        "exports": {name: path for name in exports if (path := storage.render(name)).is_file()},
    }
    total = 0
    found: dict[str, dict[str, str]] = {kind: {} for kind in paths}
    for kind, name, path in ((kind, name, path) for kind, some in paths.items() for name, path in some.items()):
        with suppress(FileNotFoundError):  # a reset can remove it at any time
            total += path.stat().st_size
            if total > FILES_LIMIT:
                raise ControlError(
                    413,
                    f"The files have at least {total} bytes, and a snapshot takes {FILES_LIMIT} at most:"
                    " keep them with serve --directory instead.",
                )
            found[kind][name] = base64.b64encode(path.read_bytes()).decode("ascii")
    return cast("Json", found)


def _read_files(fields: Fields) -> SnapshotFiles:
    uploads = _decode_files(Fields(fields.take("uploads") or {}, "files.uploads"), _SHA256)
    exports = _decode_files(Fields(fields.take("exports") or {}, "files.exports"), _EXPORT)
    fields.close()
    for sha256, data in uploads.items():
        if hashlib.sha256(data).hexdigest() != sha256:
            raise FieldError(f"The upload {sha256} in files has other bytes than its name says.")
    return SnapshotFiles(uploads, exports)


def _decode_files(fields: Fields, names: re.Pattern[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, value in fields.rest().items():
        if not names.fullmatch(name) or not isinstance(value, str):
            raise FieldError(f"{fields.path(name)!r:.100} is not the name of a file with its bytes.")
        try:
            found[name] = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise FieldError(f"{fields.path(name)} is not base64.") from None
    return found


async def _continue_from(runtime: WorldRuntime, found: Snapshot, files: SnapshotFiles) -> None:
    """Store the files, encode missing exports again, and continue the world from the snapshot."""
    storage = runtime.storage
    with storage.receiving():
        lost = await asyncio.to_thread(_place, runtime, found, files)
        for render in lost:
            render.file = await _render_again(runtime, render)
        _change(runtime, found)


def _change(runtime: WorldRuntime, found: Snapshot) -> None:
    """Continue the world from the snapshot, and remove the exports that it no longer has."""
    before = {render.file.name for render in _all_renders(runtime.world.state.renders) if render.file is not None}
    after = {render.file.name for render in _all_renders(found.state.renders) if render.file is not None}
    restore(runtime, found)
    runtime.storage.forget_renders(before - after)


def _place(runtime: WorldRuntime, found: Snapshot, files: SnapshotFiles) -> list[Render]:
    """Write the files, and return the renders whose export is neither on the disk nor in the snapshot."""
    storage = runtime.storage
    for sha256, data in files.uploads.items():
        if storage.upload(sha256) is None:
            storage.keep(_store_file(storage, data), sha256)
    lost: list[Render] = []
    for render in _all_renders(found.state.renders):
        if render.file is None:
            continue
        source = render.file.name
        # Each world has its own names for exports, so that deleting one world does not affect another.
        target = storage.render_name(runtime.name, render.user_id, render.render_id)
        render.file = replace(render.file, name=target)
        path = storage.render(target)
        if source in files.exports:
            _store_file(storage, files.exports[source]).replace(path)
        elif _EXPORT.fullmatch(source) and _copy(storage, source, path):
            pass
        elif render.status is not RenderStatus.FAILED:
            lost.append(render)
    return lost


def _copy(storage: Storage, source: str, path: Path) -> bool:
    """Copy an export to another path; return whether it exists."""
    if storage.render(source) == path:
        return path.is_file()
    part = storage.incoming()
    try:
        shutil.copyfile(storage.render(source), part)
    except FileNotFoundError:
        part.unlink()
        return False
    part.replace(path)
    return True


def _store_file(storage: Storage, data: bytes) -> Path:
    path = storage.incoming()
    path.write_bytes(data)
    return path


async def _render_again(runtime: WorldRuntime, render: Render) -> RenderFile | None:
    """Encode an export again; if that fails, its link returns 404."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[RenderFile | str] = loop.create_future()

    def done(outcome: RenderFile | str) -> None:
        loop.call_soon_threadsafe(lambda: None if future.done() else future.set_result(outcome))

    runtime.render_worker.start(render, done, runtime.name)
    outcome = await future
    return outcome if isinstance(outcome, RenderFile) else render.file
