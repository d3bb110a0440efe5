"""Charley's mouth: actions to tracks, tracks to events.

One thing is said at a time. The mouth reads how far the speaker is in its
track, and from that alone tells when a line began and when all was said.

When somebody talks over it, it gives way at once. Words wait, and go on from the
sentence that was broken off. A count cannot wait, since its seconds do not: it
goes on unheard, and is heard again from its next number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from voice.audio.samples import Clip, Placement, Track, gain, samples_of
from voice.content.script import Line, LineKey, Script
from voice.dialogue.actions import HoldId, Say, StartHold, UtteranceId
from voice.dialogue.events import Event, HoldFinished, UtteranceFinished
from voice.dialogue.voice_status import Change, change
from voice.ports import Speaker, VoiceStyle
from voice.speech.clip_library import ClipLibrary
from voice.speech.resume import rest_of
from voice.speech.settings import (
    FASTEST_WPM,
    LOUDEST_DB,
    SLOWEST_WPM,
    SOFTEST_DB,
    SpeechSettings,
)
from voice.speech.timeline import (
    CHIME_KEY,
    SpokenLine,
    hold_track,
    lately_begun,
    lines_of_hold,
    sounds_at,
    utterance_track,
    words_of,
)
from voice.speech.warming import Warmer

RATE_STEP_WPM: Final = 20
VOLUME_STEP_DB: Final = 4.0

QUIETLY_DB: Final = -8.0
"""How much softer something is said where nobody may be awake to hear it."""

MOST_PAUSES: Final = 2
"""So often the mouth gives way within one utterance or hold: a television in the next
room must not silence it."""

OnLine = Callable[[float, LineKey], None]
"""Called with the time and the line whose first sample has gone to the device."""


OnVoice = Callable[[float, int], None]
"""Called with the volume in dB and the words a minute that somebody has asked for."""


@dataclass(eq=False)
class _Playing:
    """What is being played, and how many of its placements have been told of."""

    track: Track
    ends_as: UtteranceId | None = None
    ends_hold: HoldId | None = None
    told: int = 0
    pauses: int = 0


class Mouth:
    """Says lines and counts holds through a speaker.

    ``clips`` are those of the settings' style. Nothing here waits for sound:
    call :meth:`poll` once a block of the microphone.
    """

    def __init__(
        self,
        speaker: Speaker,
        clips: ClipLibrary,
        script: Script,
        settings: SpeechSettings,
        on_line: OnLine | None = None,
        *,
        on_voice: OnVoice | None = None,
    ) -> None:
        self._speaker = speaker
        self._clips = clips
        self._script = script
        self._settings = settings
        self._on_line = on_line
        self._on_voice = on_voice
        self._volume_db = settings.volume_db
        self._usual_clips = clips
        self._playing: _Playing | None = None
        self._broken_off_at: int | None = None
        self._muted = False
        self._warmer = Warmer()
        speaker.set_gain(self._volume_db)

    def say(self, action: Say) -> None:
        """Say the lines; cuts off whatever is being said."""
        gain_db = QUIETLY_DB if action.quietly else 0.0
        track = utterance_track(
            [self._spoken(self._script.lines[key], gain_db) for key in action.lines],
            with_chime=action.chime,
        )
        self._play(_Playing(track, ends_as=action.utterance))

    def start_hold(self, action: StartHold) -> None:
        """Count a hold, from its first second; cuts off whatever is being said."""
        clips = {
            key: self._clips.clip(self._script.text(key)) for key in lines_of_hold(action.plan)
        }
        self._play(_Playing(hold_track(action.plan, clips), ends_hold=action.hold))

    def notice(self, key: LineKey, gain_db: float = 0.0) -> bool:
        """Say a line of which nobody is told that it was said. Returns whether it is.

        It cuts off nothing: it is said into silence, or into a gap of a count
        that is long enough, and the count goes on.
        """
        playing = self._playing
        if self.paused or (playing is not None and playing.ends_hold is None):
            return False
        clip = self._clips.clip(self._script.text(key))
        placed = Placement(0, Clip(gain(clip.samples, gain_db)), key)
        room = len(clip.samples) + samples_of(self._settings.pause_s)
        if playing is None:
            self._play(_Playing(Track((placed,), room)))
            return True
        position = self._speaker.position
        if position is None or playing.track.begin_of_clip(position) < position + room:
            return False
        rest = playing.track.rest(position)
        track = Track((placed, *rest.placements), rest.length, timed=True)
        self._play(_Playing(track, ends_hold=playing.ends_hold, pauses=playing.pauses))
        return True

    def hush(self) -> None:
        """Be silent. What was being said is never reported as finished."""
        self._playing = None
        self._broken_off_at = None
        self._speaker.halt()
        self._mute(on=False)

    def pause(self) -> None:
        """Give way to somebody who talks over this: silence, at once.

        Does nothing where nothing is being said, or once too often.
        """
        playing = self._playing
        if playing is None or self.paused or playing.pauses >= MOST_PAUSES:
            return
        position = self._speaker.position
        if position is None:
            return
        playing.pauses += 1
        if playing.ends_hold is not None:
            self._mute(on=True)
        else:
            self._broken_off_at = position
            self._speaker.halt()

    def resume(self) -> None:
        """Go on: from the sentence broken off, or with the next number of a count."""
        playing, position = self._playing, self._broken_off_at
        if playing is not None and position is not None:
            rest = rest_of(playing.track, position, self._text)
            self._play(_Playing(rest, ends_as=playing.ends_as, pauses=playing.pauses))
        elif playing is not None and self._muted and not self._in_clip(playing):
            self._mute(on=False)

    @property
    def paused(self) -> bool:
        """Whether the mouth has given way, and waits to go on."""
        return self._muted or self._broken_off_at is not None

    def adjust_volume(self, steps: int) -> None:
        """Speak louder or softer from now on, within what is still clear and bearable."""
        wanted = self._volume_db + steps * VOLUME_STEP_DB
        self._speak_at(min(LOUDEST_DB, max(SOFTEST_DB, wanted)))
        self._tell_voice()

    def adjust_rate(self, steps: int) -> None:
        """Speak faster or slower from the next thing said.

        Lines not yet rendered at that rate are rendered when they are said; the
        others meanwhile, by a thread in the background.
        """
        wanted = self.words_per_minute + steps * RATE_STEP_WPM
        self._speak_with(min(FASTEST_WPM, max(SLOWEST_WPM, wanted)))
        self._tell_voice()

    def speak_as(self, volume_db: float, words_per_minute: int) -> None:
        """Speak as somebody has asked for before: no change, so nobody is told of one."""
        self._speak_at(volume_db)
        self._speak_with(words_per_minute)

    def _tell_voice(self) -> None:
        if self._on_voice is not None:
            self._on_voice(self._volume_db, self.words_per_minute)

    def _speak_at(self, volume_db: float) -> None:
        self._volume_db = volume_db
        self._speaker.set_gain(volume_db)

    def _speak_with(self, rate: int) -> None:
        if rate == self.words_per_minute:
            return
        # Only the usual clips stay in memory beside those of this rate: each is all lines.
        usual = self._usual_clips
        is_usual = rate == usual.style.words_per_minute
        style = VoiceStyle(usual.style.voice, rate)
        self._clips = usual if is_usual else usual.with_style(style)
        self._warmer.warm(self._clips, [line.text for line in self._script.lines.values()])

    def poll(self, at_s: float) -> tuple[Event, ...]:
        """What has come to an end by now. Also tells ``on_line`` which lines have begun."""
        playing = self._playing
        if playing is None or self._broken_off_at is not None:
            return ()
        position = self._speaker.position
        self._tell_lines(playing, playing.track.length if position is None else position, at_s)
        if position is not None:
            return ()
        self._playing = None
        if playing.ends_as is not None:
            return (UtteranceFinished(at_s, playing.ends_as),)
        if playing.ends_hold is not None:
            return (HoldFinished(at_s, playing.ends_hold),)
        return ()

    @property
    def sounding(self) -> bool:
        """Whether a clip is to be heard right now; False in the gaps of a hold."""
        return self._playing is not None and not self.paused and self._in_clip(self._playing)

    @property
    def words(self) -> frozenset[str]:
        """Every word of the lines that sound, or have just sounded."""
        position = None if self._playing is None else self._speaker.position
        if self._playing is None or position is None:
            return frozenset()
        return words_of(map(self._text, lately_begun(self._playing.track, position)))

    @property
    def busy(self) -> bool:
        """Whether an utterance is still being said. A hold does not count."""
        return self._playing is not None and self._playing.ends_as is not None

    @property
    def words_per_minute(self) -> int:
        """How fast the next line will be spoken."""
        return self._clips.style.words_per_minute

    @property
    def lines_mb(self) -> float:
        """Rendered lines in memory, in MB: those of the usual rate, and of the one in force."""
        in_use = {id(clips): clips for clips in (self._usual_clips, self._clips)}
        return sum(clips.held_mb for clips in in_use.values())

    @property
    def volume_db(self) -> float:
        """The gain in force."""
        return self._volume_db

    @property
    def changes(self) -> tuple[Change, Change]:
        """How volume and rate differ from the settings."""
        usual = self._settings
        return (
            change(self._volume_db, usual.volume_db),
            change(self.words_per_minute, usual.words_per_minute),
        )

    def close(self) -> None:
        """Fall silent and end the work in the background. Safe to call twice."""
        self.hush()
        self._warmer.end()

    def _spoken(self, line: Line, gain_db: float) -> SpokenLine:
        pause_s = max(self._settings.pause_s, line.gap_s)
        clip = self._clips.clip(line.text)
        softened = Clip(gain(clip.samples, gain_db)) if gain_db else clip
        return SpokenLine(line.key, softened, pause_s)

    def _in_clip(self, playing: _Playing) -> bool:
        position = self._speaker.position
        return position is not None and sounds_at(playing.track, position)

    def _text(self, key: str) -> str:
        return self._script.text(LineKey(key))

    def _mute(self, *, on: bool) -> None:
        if self._muted != on:
            self._muted = on
            self._speaker.mute(on)

    def _play(self, playing: _Playing) -> None:
        if self._muted:
            self._speaker.halt()  # so that the new track begins at full level
            self._mute(on=False)
        self._playing, self._broken_off_at = playing, None
        self._speaker.play(playing.track)

    def _tell_lines(self, playing: _Playing, position: int, at_s: float) -> None:
        placements = playing.track.placements
        while playing.told < len(placements) and placements[playing.told].offset < position:
            key = placements[playing.told].key
            playing.told += 1
            if self._on_line is not None and key != CHIME_KEY:
                self._on_line(at_s, LineKey(key))
