"""Instruments: functions from a note to samples, mono (count) or stereo (2, count), at 48 kHz."""

# numpy's type hints do not cover arithmetic between different widths
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.float32]

RATE: Final = 48_000
_TABLE: Final = 4096


def note_frequency(note: float) -> float:
    """Return the frequency of a MIDI note in Hz; a fraction is between two keys."""
    return 440.0 * 2 ** ((note - 69) / 12)


def _table(partials: tuple[float, ...]) -> Samples:
    """Return one period of a wave with these partials."""
    phase = np.arange(_TABLE) * (2 * np.pi / _TABLE)
    wave = np.zeros(_TABLE, np.float64)
    for order, strength in enumerate(partials, 1):
        wave += strength * np.sin(order * phase)
    table: Samples = (wave / np.abs(wave).max()).astype(np.float32)
    return table


_DARK = _table((1, 0.22, 0.07, 0.02))
_BRIGHT = _table((0.5, 0.8, 0.6, 0.4, 0.28, 0.18, 0.1, 0.06))
_STRINGS = _table((1, 0.55, 0.36, 0.22, 0.12, 0.07, 0.04))
_ROUND = _table((1, 0.35, 0.08))


def _wave(table: Samples, hertz: float, count: int, phase: float = 0.0) -> Samples:
    """Return `count` samples of a wave; the phase is an integer in units of 2^-32 turns, so it never drifts."""
    step = np.uint64(round(hertz / RATE * (1 << 32)))
    turns = np.arange(count, dtype=np.uint64) * step + np.uint64(int(phase * (1 << 32)))
    return table.take(((turns >> np.uint64(20)) & np.uint64(_TABLE - 1)).astype(np.intp))


def _time(seconds: float) -> Samples:
    return np.arange(round(seconds * RATE), dtype=np.float32) / np.float32(RATE)


def _apply_envelope(sound: Samples, attack: float, release: float) -> Samples:
    """Return the sound with a soft start and end, which do not click; times in seconds."""
    rise, fall = round(attack * RATE), round(release * RATE)
    sound[..., :rise] *= np.sin(np.linspace(0, np.pi / 2, rise, dtype=np.float32)) ** 2
    sound[..., -fall:] *= np.cos(np.linspace(0, np.pi / 2, fall, dtype=np.float32)) ** 2
    return sound


def pad(note: int, seconds: float) -> Samples:
    """Return a string chord note: three slightly detuned voices for each channel, with a slow start."""
    count = round((seconds + 1.1) * RATE)
    out = np.zeros((2, count), np.float32)
    for index, cents in enumerate((-7, 1, 6)):
        for channel, sign in ((0, 1), (1, -1)):
            phase = (index * 0.31 + channel * 0.17) % 1
            out[channel] += _wave(_STRINGS, note_frequency(note + sign * cents / 100), count, phase)
    return _apply_envelope(out, min(0.9, seconds / 3), 1.2)


def play_struck(note: int, voice: str) -> Samples:
    """Return a note that is struck or plucked and decays: low partials slowly, high partials fast."""
    hertz = note_frequency(note)
    long, short, bright, seconds = {
        "piano": (1.5, 5.0, 0.35, 2.6),
        "electric": (1.8, 9.0, 0.22, 2.2),
        "pluck": (4.5, 12.0, 0.6, 0.9),
        "bell": (1.1, 3.0, 0.3, 3.2),
    }[voice]
    time = _time(seconds)
    pitch = 2 ** ((note - 60) / 36)  # high strings decay sooner
    sound = _wave(_DARK, hertz, time.shape[0]) * np.exp(-time * (long * pitch))
    if voice == "bell":
        sound += bright * _wave(_DARK, hertz * 2.76, time.shape[0]) * np.exp(-time * (short * pitch))
    else:
        sound += bright * _wave(_BRIGHT, hertz, time.shape[0]) * np.exp(-time * (short * pitch))
    if voice == "electric":
        sound *= 1 + 0.12 * np.sin(2 * np.pi * 4.6 * time)
    return _apply_envelope(sound.astype(np.float32), 0.004, 0.25)


def bass(note: int, seconds: float) -> Samples:
    """Return a plain low note."""
    time = _time(seconds + 0.1)
    return _apply_envelope(
        (_wave(_ROUND, note_frequency(note), time.shape[0]) * np.exp(-time * 0.9)).astype(np.float32), 0.012, 0.1
    )


def kick(*, deep: bool) -> Samples:
    """Return a drum sound: a tone whose pitch falls while it decays."""
    time = _time(0.7 if deep else 0.35)
    low, fall, decay = (42, 16, 6) if deep else (48, 30, 11)
    phase = 2 * np.pi * (low * time + (70 / fall) * (1 - np.exp(-fall * time)))
    return _apply_envelope((np.sin(phase) * np.exp(-time * decay)).astype(np.float32), 0.002, 0.05)


def noise(random: np.random.Generator, kind: str) -> Samples:
    """Return a hi-hat or a snare: noise without low frequencies and, for the snare, a short tone of the drum skin."""
    seconds, decay = (0.08, 60.0) if kind == "hat" else (0.24, 18.0)
    time = _time(seconds)
    hiss = random.standard_normal(time.shape[0] + 2).astype(np.float32)
    sharp = np.diff(hiss, 2) * 0.4 if kind == "hat" else np.diff(hiss)[1:] * 0.4
    sound = sharp * np.exp(-time * decay)
    if kind == "snare":
        sound += 0.5 * np.sin(2 * np.pi * 185 * time) * np.exp(-time * 24)
    return _apply_envelope(sound.astype(np.float32), 0.001, 0.02)
