"""Synthesise music for a mood: chords, a few instruments and some reverb. No sample is used, so no licence is needed.

A piece has up to eight bars that repeat. The sound that rings beyond the last bar is stored after them and added only
to the next repetition, so the first note starts from silence and the repetitions have no seam. Chance comes from the
mood's name, so a mood always gives the same piece.
"""

# numpy's type hints do not cover arithmetic between different widths
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import hashlib
import math
from typing import Final

import numpy as np

from nemovideo_mock.render import instruments, moods
from nemovideo_mock.render.instruments import RATE, Samples

BARS: Final = 8
#: Seconds that the sound may ring after the last bar.
RING: Final = 4.0
#: The highest sample at volume 1: -2 dBFS, so that the encoder's overshoot stays below -1 dBFS.
PEAK: Final = 0.79


class Piece:
    """A piece of music in a mood, at least `seconds` long; stereo at 48 kHz, peak below -1 dBFS."""

    def __init__(self, mood: str, seconds: float) -> None:
        self._style = moods.find_style(mood)
        seed = hashlib.sha256(mood.encode("utf-8", "surrogatepass")).digest()
        self._random = np.random.default_rng(int.from_bytes(seed[:8], "big"))
        self._per_beat = 60 / self._style.tempo
        bars = min(BARS, max(1, math.ceil(seconds / (4 * self._per_beat))))
        self._length = round(bars * 4 * self._per_beat * RATE)
        self._sound = np.zeros((2, self._length + round(RING * RATE)), np.float32)
        for bar in range(bars):
            self._bar(bar)
        self._reverberate()
        self._normalize()

    def block(self, start: int, count: int) -> Samples:
        """Return `count` samples (2, count) from sample `start` of the endless piece."""
        out = np.empty((2, count), np.float32)
        done = 0
        while done < count:
            turn, at = divmod(start + done, self._length)
            step = min(count - done, self._length - at)
            part = out[:, done : done + step]
            part[:] = self._sound[:, at : at + step]
            ringing = self._sound[:, self._length + at : self._length + at + step] if turn else self._sound[:, :0]
            part[:, : ringing.shape[1]] += ringing
            done += step
        return out

    def _normalize(self) -> None:
        """Scale the piece to the peak level, including the sound that rings into the next repetition."""
        round_two = self._sound[:, : self._length].copy()
        tail = self._sound[:, self._length :][:, : self._length]
        round_two[:, : tail.shape[1]] += tail
        peak = max(float(np.abs(round_two).max()), float(np.abs(self._sound).max()), 1e-6)
        self._sound *= PEAK / peak

    def _bar(self, bar: int) -> None:
        style = self._style
        chord = style.chords[bar % len(style.chords)]
        at = bar * 4 * self._per_beat
        if style.pad:
            for index, note in enumerate(chord[1:5]):
                self._add(at, instruments.pad(note, 4 * self._per_beat), style.pad * 0.16, (index - 1.5) * 0.3)
        for beat, index, loudness in style.figure:
            # Some weak notes are left out and some notes are raised from the second round on, so that the figure
            # varies.
            if bar >= len(style.chords) and loudness < 0.6 and self._random.random() < 0.3:
                continue
            note = chord[index] + (12 if style.voice == "bell" else 0)
            if bar >= len(style.chords) and index == 5 and self._random.random() < 0.4:
                note += 12 if note < 72 else 0
            late = style.swing * self._per_beat if beat % 1 == 0.5 else 0.0
            touch = loudness * self._random.uniform(0.88, 1.0)
            moment = at + beat * self._per_beat + late + self._random.uniform(0, 0.008)
            self._add(moment, instruments.play_struck(note, style.voice), style.lead * 0.4 * touch, (index - 3) * 0.16)
        if style.bass:
            steps = (
                (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5)
                if style.beat == "drive"
                else (0, 2.5)
                if style.beat != "none"
                else (0,)
            )
            for step in steps:
                length = self._per_beat * (0.45 if style.beat == "drive" else 1.4 if style.beat != "none" else 3.6)
                self._add(at + step * self._per_beat, instruments.bass(chord[0], length), style.bass * 0.7, 0)
        self._drums(at)

    def _drums(self, at: float) -> None:
        beat = self._per_beat
        swing = self._style.swing * beat
        for kind, step, loudness in moods.PATTERNS[self._style.beat]:
            late = swing if step % 1 == 0.5 else 0.0
            moment = at + step * beat + late
            if kind == "kick":
                self._add(moment, instruments.kick(deep=self._style.beat == "epic"), loudness, 0)
            else:
                self._add(moment, instruments.noise(self._random, kind), loudness, 0.25 if kind == "hat" else -0.05)

    def _add(self, moment: float, sound: Samples, gain: float, pan: float) -> None:
        """Add a sound, mono or stereo, to the piece; `pan` is from -1 (left) to 1 (right), with equal power."""
        begin = round(moment * RATE)
        room = self._sound.shape[1] - begin
        sound = sound[..., :room]
        angle = (pan + 1) * math.pi / 4
        left, right = (sound[0], sound[1]) if sound.ndim == 2 else (sound, sound)
        self._sound[0, begin : begin + left.shape[0]] += left * np.float32(gain * math.cos(angle) * math.sqrt(2))
        self._sound[1, begin : begin + right.shape[0]] += right * np.float32(gain * math.sin(angle) * math.sqrt(2))

    def _reverberate(self) -> None:
        """Add reverb: noise that decays within two seconds, loses its high frequencies, and differs left and right."""
        if not self._style.room:
            return
        count = round(1.9 * RATE)
        time = np.arange(count, dtype=np.float32) / RATE
        size = self._sound.shape[1] + count
        size = 1 << (size - 1).bit_length()
        for channel in self._sound:
            noise = self._random.standard_normal(count).astype(np.float32)
            smooth = np.convolve(noise, np.hanning(48).astype(np.float32) / 24, mode="same")
            echo = (noise * np.exp(-time * 9) * 0.25 + smooth * np.exp(-time * 3.2)) * np.minimum(time / 0.02, 1)
            echo /= float(np.sqrt((echo**2).sum()))
            wet = np.fft.irfft(np.fft.rfft(channel, size) * np.fft.rfft(echo, size), size)[: channel.shape[0]]
            channel += (wet * self._style.room * 0.8).astype(np.float32)
            channel[-RATE // 2 :] *= np.linspace(1, 0, RATE // 2, dtype=np.float32)
