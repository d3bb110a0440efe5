from __future__ import annotations

from pathlib import Path

import pytest

from scripts.corpus.manifest import Role, chosen, read_manifest
from scripts.corpus.split import held_out
from scripts.faults import EvaluationError

HEAD = "file\tset\tlabel\ttext\tspeaker\tlicence\tseconds\n"


def written(folder: Path, *lines: str) -> Path:
    path = folder / "manifest.tsv"
    path.write_text(HEAD + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_one_speaker_in_five_is_held_out() -> None:
    kept = sum(held_out("commands", "yes", f"{n}.flac", f"speaker{n}") for n in range(2000))
    assert 340 < kept < 460


def test_a_speaker_is_held_out_with_everything_they_said() -> None:
    for n in range(50):
        whole = {held_out("commands", w, f"{w}/{n}.flac", f"s{n}") for w in ("yes", "no", "up")}
        assert len(whole) == 1


def test_takes_of_one_noise_stay_together() -> None:
    for n in range(50):
        assert (
            len({held_out("noise", "rain", f"noise/rain/1-{n}-{t}.flac", "") for t in "ABC"}) == 1
        )


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (("keywords", "alexa", "alexa/1.flac", ""), True),
        (("keywords", "smart mirror", "x.flac", ""), True),
        (("rooms", "rir", "rooms/a.flac", ""), False),
        # Hashes that must stay as they are, since models have been trained on this split.
        (("commands", "yes", "a.flac", "01bb6a2a"), False),
        (("an4", "yes", "a.flac", "fash"), True),
    ],
)
def test_known_recordings_stay_on_their_side_of_the_split(
    arguments: tuple[str, str, str, str], *, kept: bool
) -> None:
    assert held_out(*arguments) is kept


@pytest.mark.parametrize(
    ("set_name", "label", "role"),
    [
        ("commands", "yes", Role.WORD),
        ("commands", "_unknown", Role.WORD),
        ("commands", "_silence", Role.NOISE),
        ("noise", "rain", Role.NOISE),
        ("an4", "other", Role.RUNNING),
        ("an4", "stop", Role.WORD),
        ("read", "speech", Role.RUNNING),
        ("orders", "order", Role.RUNNING),
        ("keywords", "computer", Role.KEYWORD),
        ("rooms", "rir", Role.ROOM),
    ],
)
def test_the_set_and_label_say_what_a_recording_is_for(
    tmp_path: Path, set_name: str, label: str, role: Role
) -> None:
    path = written(tmp_path, f"a.flac\t{set_name}\t{label}\t\tme\tCC0\t1.5")
    (found,) = read_manifest(path)
    assert found.role is role
    assert found.path == tmp_path / "a.flac"
    assert found.duration_s == 1.5


def test_a_limit_keeps_the_same_few_of_each_label(tmp_path: Path) -> None:
    lines = [
        f"{w}/{n}.flac\tcommands\t{w}\t{w}\ts{n}\tCC0\t1" for w in ("yes", "no") for n in range(9)
    ]
    path = written(tmp_path, *lines, "rooms/a.flac\trooms\trir\t\t\tCC0\t1")
    every = read_manifest(path)
    few = chosen(every, only_held_out=False, limit=3)
    assert [r.label for r in few] == ["yes"] * 3 + ["no"] * 3 + ["rir"]
    again = chosen(tuple(reversed(every)), only_held_out=False, limit=3)
    assert set(few) == set(again)
    assert set(chosen(every, only_held_out=True)) <= set(every)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("file\tset\n", "lacks the column 'label'"),
        (HEAD + "a.flac\tread\tspeech\t\tme\tCC0\tlong\n", "line 2 has no file, or no number"),
        (HEAD + "\tread\tspeech\t\tme\tCC0\t1\n", "line 2 has no file"),
        (HEAD + 'a.flac\tread\tspeech\t"hello\tme\tCC0\t1\n', "cannot be read"),
    ],
)
def test_a_bad_manifest_is_reported_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "manifest.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EvaluationError, match=complaint):
        read_manifest(path)


def test_a_missing_manifest_is_reported_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_manifest(tmp_path / "none.tsv")


def test_a_text_may_be_quoted_and_contain_quotes(tmp_path: Path) -> None:
    path = written(tmp_path, 'a.flac\torders\torder\t"{""size"": ""small""}"\t\tCC0\t2')
    (found,) = read_manifest(path)
    assert found.text == '{"size": "small"}'
