"""Words for recordings that come without a transcript.

``read`` is recognised with PocketSphinx's stock language model, ``orders`` with a
small vocabulary of what is said there. The words are rough; they serve only to
align phones for the network, and badly fitting clips are dropped after
alignment. File names of ``_unknown`` in ``commands`` contain the word.
"""

from __future__ import annotations

import json
import math
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from scripts.corpus.manifest import Recording
from scripts.progress import progress
from scripts.train_model.dataset.audio import read_audio, to_pcm16

_WITH_TEXT = frozenset({"an4", "accented", "natural", "natural_held"})
_WITH_LABEL = frozenset({"keywords", "commands", "commands_train", "community_wake"})

_ORDER_FILLERS = frozenset(
    re.findall(
        r"\S+",
        """
        a an and add can could coffee cup do for get give got have i i'd i'll i'm in is it just
        let like make me may my need of on one order ordering please put size small some that
        the to two want wanna with would you hey hi hello no not too much little bit lots shot
        shots extra thank thanks morning today now also so
        """,
    )
)


def transcribe(recordings: Iterable[Recording]) -> Iterator[tuple[Recording, str]]:
    """Yield each recording with lower-case words; recordings without words are left out."""
    rows = list(recordings)
    for recording in rows:
        words = given_words(recording)
        if words:
            yield recording, words
    orders = [r for r in rows if r.set_name == "orders"]
    if orders:
        yield from _recognised(orders, _decoder(_order_words(orders)))
    read = [r for r in rows if r.set_name == "read"]
    if read:
        yield from _recognised(read, _decoder())


def given_words(recording: Recording) -> str:
    """Return the words that label, text or file name give, or an empty string."""
    if recording.label == "_unknown":
        told = Path(recording.file).name.split("_")[0]
    elif recording.set_name in _WITH_TEXT:
        told = recording.text
    elif recording.set_name in _WITH_LABEL and not recording.label.startswith("_"):
        told = recording.label
    else:
        told = ""
    return " ".join(re.findall(r"[a-z']+", told.lower()))


def _order_words(orders: Iterable[Recording]) -> list[str]:
    words = set(_ORDER_FILLERS)
    for order in orders:
        for slot in json.loads(order.text).values():
            words.update(re.findall(r"[a-z']+", str(slot).lower()))
    return sorted(words)


def _recognised(recordings: Sequence[Recording], decoder: Any) -> Iterator[tuple[Recording, str]]:
    for recording in progress("transcripts", recordings):
        pcm = to_pcm16(read_audio(recording.path))
        decoder.start_utt()
        decoder.process_raw(pcm.tobytes(), full_utt=True)
        decoder.end_utt()
        hypothesis = decoder.hyp()
        if hypothesis is not None and hypothesis.hypstr:
            yield recording, str(hypothesis.hypstr)


def _decoder(words: Iterable[str] = ()) -> Any:
    """PocketSphinx with its stock language model, or with ``words`` in any order."""
    from pocketsphinx import Decoder

    if not words:
        return Decoder(samprate=16000, loglevel="FATAL")
    probe = Decoder(samprate=16000, lm=None, loglevel="FATAL")
    known = [word for word in words if probe.lookup_word(word)]
    with tempfile.NamedTemporaryFile("w", suffix=".lm", encoding="utf-8") as model:
        model.write(_unigram_arpa(known))
        model.flush()
        return Decoder(samprate=16000, lm=model.name, loglevel="FATAL")


def _unigram_arpa(words: Sequence[str]) -> str:
    log10_probability = -math.log10(len(words) + 1)
    lines = [f"{log10_probability:.4f} {word}" for word in ("</s>", *words)]
    count = len(lines) + 1
    return "\n".join(
        ["\\data\\", f"ngram 1={count}", "", "\\1-grams:", "-99 <s>", *lines, "", "\\end\\", ""]
    )
