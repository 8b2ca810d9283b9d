"""Read and write the file of a recording that an option names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nemovideo_harness.cli.console import output
from nemovideo_harness.cli.console.exit_codes import Exit, Stop

if TYPE_CHECKING:
    from nemovideo_contract.recording.recording import Recording


def save_recording(recording: Recording, file: str) -> None:
    """Write a recording to a file, completely or not at all; `-` is standard output.

    Raises:
        Stop: The file can't be written.
    """
    from nemovideo_contract.recording import write

    output.write_file(file, write(recording))


def read_recording(file: str) -> Recording:
    """Read the recording in a file.

    Raises:
        Stop: The file can't be read, or does not hold a recording.
    """
    from nemovideo_contract.recording import RecordingError, read

    try:
        return read(Path(file).read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise Stop(Exit.USAGE, f"{file} can't be read: it is not text in UTF-8.") from None
    except OSError as error:
        raise Stop(Exit.USAGE, f"{file} can't be read: {error.strerror}.") from None
    except RecordingError as error:
        raise Stop(Exit.USAGE, f"{file} can't be read. {error}") from None
