"""Charley's mouth: actions to tracks, tracks to events.

Only one thing is said at a time. The mouth reads the speaker's position in the track, and
from that alone knows when a line began and when everything has been said.

On barge-in it gives way at once. Lines wait, and go on from the interrupted sentence. A
count cannot wait, because time does not: it goes on muted, and is heard again from its next
number.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from voice.audio.frame import SILENT, OutputStatus
from voice.audio.presence import for_quiet
from voice.audio.samples import Clip, Placement, Track, gain, samples_of
from voice.content.script import LineKey, Script
from voice.dialogue.actions import HoldId, Say, StartHold, UtteranceId
from voice.dialogue.events import Event, HoldFinished, UtteranceFinished
from voice.dialogue.voice_status import Change, change
from voice.ports import USUAL_VOICE, Speaker
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
from voice.speech.voices import NO_OTHERS, Voices

RATE_STEP_WPM: Final = 20
VOLUME_STEP_DB: Final = 4.0

QUIETLY_DB: Final = -8.0
"""How much more softly to speak when everyone may be asleep."""

OnLine = Callable[[float, LineKey], None]
"""Called with the time and the line whose first sample has gone to the device."""


OnVoice = Callable[[float, int, str], None]
"""Called with the volume in dB, words per minute and voice that the user has asked for."""


class Playback(enum.Enum):
    """What the mouth is doing. :data:`MOVES` holds the legal transitions."""

    IDLE = "idle"
    PLAYING = "playing"
    BROKEN_OFF = "broken off"
    """Lines wait during a barge-in."""
    UNHEARD = "unheard"
    """A count goes on muted during a barge-in."""


MOVES: Final = {
    Playback.IDLE: {Playback.PLAYING, Playback.IDLE},
    Playback.PLAYING: set(Playback),
    Playback.BROKEN_OFF: {Playback.PLAYING, Playback.IDLE},
    Playback.UNHEARD: {Playback.PLAYING, Playback.IDLE},
}


@dataclass(eq=False)
class _Playing:
    """The track being played, and how many of its placements have been announced."""

    track: Track
    ends_as: UtteranceId | None = None
    ends_hold: HoldId | None = None
    told: int = 0
    broken_off_at: int = 0


class Mouth:
    """Says lines and counts holds through a speaker.

    ``clips`` are those of the settings' style; ``others`` are other voices, by name.
    Nothing here blocks: call :meth:`poll` once per microphone block.
    """

    def __init__(
        self,
        speaker: Speaker,
        clips: ClipLibrary,
        script: Script,
        settings: SpeechSettings,
        on_line: OnLine | None = None,
        *,
        others: Mapping[str, ClipLibrary] = NO_OTHERS,
        on_voice: OnVoice | None = None,
    ) -> None:
        self._speaker = speaker
        self._voices = Voices(clips, others, [line.text for line in script.lines.values()])
        self._script = script
        self._settings = settings
        self._on_line = on_line
        self._on_voice = on_voice
        self._volume_db = settings.volume_db
        self._playback = Playback.IDLE
        self._playing: _Playing | None = None
        speaker.set_gain(self._volume_db)

    def say(self, action: Say) -> None:
        """Say the lines, cutting off any current speech."""
        if action.chime:
            # A conversation begins, in which the user may ask for another rate.
            self._voices.clips.prepare()
        gain_db = QUIETLY_DB if action.quietly else 0.0
        lines = [self._script.lines[key] for key in action.lines]
        pause_s = self._settings.pause_s
        track = utterance_track(
            [
                SpokenLine(line.key, self._clip(line.text, gain_db), max(pause_s, line.gap_s))
                for line in lines
            ],
            with_chime=action.chime,
        )
        self._play(_Playing(track, ends_as=action.utterance))

    def start_hold(self, action: StartHold) -> None:
        """Count a hold from its first second, cutting off any current speech."""
        clips = {key: self._clip(self._script.text(key)) for key in lines_of_hold(action.plan)}
        self._play(_Playing(hold_track(action.plan, clips), ends_hold=action.hold))

    def notice(self, key: LineKey, gain_db: float = 0.0) -> bool:
        """Say a line without reporting it as an event. Returns whether it is said.

        It cuts nothing off: it is said in silence, or in a long enough gap of a count, which
        goes on.
        """
        playing = self._playing
        if self.paused or (playing is not None and playing.ends_hold is None):
            return False
        clip = self._clip(self._script.text(key), gain_db)
        placed = Placement(0, clip, key)
        room = len(clip.samples) + samples_of(self._settings.pause_s)
        if playing is None:
            self._play(_Playing(Track((placed,), room)))
            return True
        position = self._speaker.position
        if position is None or playing.track.begin_of_clip(position) < position + room:
            return False
        rest = playing.track.rest(position)
        track = Track((placed, *rest.placements), rest.length, timed=True)
        self._play(_Playing(track, ends_hold=playing.ends_hold))
        return True

    def hush(self) -> None:
        """Stop speaking. The interrupted speech is never reported as finished."""
        self._speaker.halt()
        self._enter(Playback.IDLE)

    def pause(self) -> bool:
        """Give way to a barge-in: go silent at once. Returns False if nothing is being said."""
        playing, position = self._playing, self._speaker.position
        if self._playback is not Playback.PLAYING or playing is None or position is None:
            return False
        if playing.ends_hold is not None:
            self._enter(Playback.UNHEARD)
        else:
            playing.broken_off_at = position
            self._speaker.halt()
            self._enter(Playback.BROKEN_OFF)
        return True

    def resume(self) -> None:
        """Go on from the interrupted sentence, or with the next number of a count."""
        playing = self._playing
        if playing is None:
            return
        if self._playback is Playback.BROKEN_OFF:
            rest = rest_of(playing.track, playing.broken_off_at, self._text)
            self._play(_Playing(rest, ends_as=playing.ends_as))
        elif self._playback is Playback.UNHEARD and not self._in_clip(playing):
            self._enter(Playback.PLAYING)

    @property
    def paused(self) -> bool:
        """Whether the mouth has given way and waits to go on."""
        return self._playback in (Playback.BROKEN_OFF, Playback.UNHEARD)

    def adjust_volume(self, steps: int) -> None:
        """Speak louder or softer from now on, within the range that is clear and bearable."""
        wanted = self._volume_db + steps * VOLUME_STEP_DB
        self._speak_at(min(LOUDEST_DB, max(SOFTEST_DB, wanted)))
        self._tell_voice()

    def adjust_rate(self, steps: int) -> None:
        """Speak faster or slower from the next thing said.

        Lines not yet rendered at that rate are rendered when they are said; a background
        thread renders the others.
        """
        wanted = self.words_per_minute + steps * RATE_STEP_WPM
        self._voices.use(self._voices.name, min(FASTEST_WPM, max(SLOWEST_WPM, wanted)))
        self._tell_voice()

    def change_voice(self) -> None:
        """Speak in the next of the voices from the next thing said, at the same rate."""
        self._voices.use_next()
        self._tell_voice()

    def speak_as(self, volume_db: float, words_per_minute: int, voice: str = USUAL_VOICE) -> None:
        """Restore a volume, rate and voice set earlier, without reporting a change."""
        self._speak_at(volume_db)
        self._voices.use(voice, words_per_minute)

    def _tell_voice(self) -> None:
        if self._on_voice is not None:
            self._on_voice(self._volume_db, self.words_per_minute, self._voices.name)

    def _speak_at(self, volume_db: float) -> None:
        self._volume_db = volume_db
        self._speaker.set_gain(volume_db)

    def poll(self, at_s: float) -> tuple[Event, ...]:
        """The events of what has finished. Also calls ``on_line`` for lines that have begun."""
        playing = self._playing
        if playing is None or self._playback is Playback.BROKEN_OFF:
            return ()
        position = self._speaker.position
        self._tell_lines(playing, playing.track.length if position is None else position, at_s)
        if position is not None:
            return ()
        self._enter(Playback.IDLE)
        if playing.ends_as is not None:
            return (UtteranceFinished(at_s, playing.ends_as),)
        if playing.ends_hold is not None:
            return (HoldFinished(at_s, playing.ends_hold),)
        return ()

    @property
    def output(self) -> OutputStatus:
        """What can be heard right now. A hold sounds except in its gaps, and is never busy."""
        playing = self._playing
        if playing is None:
            return SILENT
        position, busy = self._speaker.position, playing.ends_as is not None
        if position is None:
            return OutputStatus(busy=busy)
        sounding = self._playback is Playback.PLAYING and sounds_at(playing.track, position)
        words = words_of(map(self._text, lately_begun(playing.track, position)))
        return OutputStatus(sounding, busy, words)

    @property
    def words_per_minute(self) -> int:
        """The rate of the next line, in words per minute."""
        return self._voices.words_per_minute

    @property
    def other_voice(self) -> bool:
        """Whether there is another voice to change to."""
        return self._voices.others

    @property
    def lines_mb(self) -> float:
        """Rendered lines in memory, in MB: those of the configured voice and the current one."""
        return self._voices.held_mb

    @property
    def volume_db(self) -> float:
        """The current gain, in dB."""
        return self._volume_db

    @property
    def changes(self) -> tuple[Change, Change]:
        """How volume and rate differ from the settings."""
        usual = self._settings
        return (
            change(self._volume_db, usual.volume_db),
            change(self._voices.words_per_minute, usual.words_per_minute),
        )

    def close(self) -> None:
        """Stop speaking, and end the background work. Safe to call twice."""
        self.hush()
        self._voices.close()

    def _clip(self, text: str, gain_db: float = 0.0) -> Clip:
        """A line, ``gain_db`` above the current volume; its consonants stay clear if it is soft."""
        clip, in_all_db = self._voices.clips.clip(text), self._volume_db + gain_db
        if in_all_db < 0.0:
            clip = Clip(for_quiet(clip.samples, in_all_db))
        return Clip(gain(clip.samples, gain_db)) if gain_db else clip

    def _in_clip(self, playing: _Playing) -> bool:
        position = self._speaker.position
        return position is not None and sounds_at(playing.track, position)

    def _text(self, key: str) -> str:
        return self._script.text(LineKey(key))

    def _enter(self, playback: Playback) -> None:
        if playback not in MOVES[self._playback]:
            raise RuntimeError(f"the mouth cannot go from {self._playback} to {playback}")
        unheard, self._playback = self._playback is Playback.UNHEARD, playback
        if unheard is not (playback is Playback.UNHEARD):
            self._speaker.mute(not unheard)
        if playback is Playback.IDLE:
            self._playing = None

    def _play(self, playing: _Playing) -> None:
        if self._playback is Playback.UNHEARD:
            self._speaker.halt()  # so that the new track begins at full level
        self._enter(Playback.PLAYING)
        self._playing = playing
        self._speaker.play(playing.track)

    def _tell_lines(self, playing: _Playing, position: int, at_s: float) -> None:
        placements = playing.track.placements
        while playing.told < len(placements) and placements[playing.told].offset < position:
            key = placements[playing.told].key
            playing.told += 1
            if self._on_line is not None and key != CHIME_KEY:
                self._on_line(at_s, LineKey(key))
