"""The formats that come with the product, an operator's own beside them, and how each is followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from media.formats.faults import FormatFileError
from media.formats.folders import MAX_OWN, ORDER, SHIPPED, shipped, with_own
from media.formats.rehearsal import rehearse
from media.mediation.formats import PLAIN, FloorRule, Speaker, Then

if TYPE_CHECKING:
    from pathlib import Path

    from media.formats.rehearsal import Rehearsal

PLAIN_FORMAT = 'title = "{}"\nsentence = "Something."\nfloor = "turns"\n'


def said(name: str) -> list[tuple[float, str, tuple[str, ...]]]:
    """How a shipped format goes: when, which phase, who is heard."""
    return [(m.at_s, m.title, m.heard) for m in played(name).moments]


def played(name: str) -> Rehearsal:
    """A shipped format from its beginning on."""
    return rehearse(shipped()[name], shipped())


def test_all_of_them_are_there() -> None:
    """Every file of the folder is a format, in the order in which people are offered them, the plain ones among them."""
    assert tuple(shipped()) == ORDER
    assert {path.stem for path in SHIPPED.iterdir()} == set(ORDER)
    assert set(PLAIN) <= set(ORDER)


@pytest.mark.parametrize("name", ORDER)
def test_each_can_be_followed_to_its_end(name: str) -> None:
    """It has words to choose it by, something is heard in it, and a format that is to end the call does."""
    form, rehearsal = shipped()[name], played(name)
    assert form.title
    assert form.sentence
    assert any(moment.heard for moment in rehearsal.moments)
    assert rehearsal.ends_call == (form.floor is FloorRule.COURSE and form.then is Then.END)


@pytest.mark.parametrize("name", ORDER)
def test_whoever_speaks_is_told_what_to_do(name: str) -> None:
    """Every phase says something to whoever speaks, and to the listener where there is one."""
    phases = [phase for one in shipped()[name].rounds for phase in one.phases]
    assert all(phase.to_speaker for phase in phases)
    assert all(phase.to_listener for phase in phases if phase.speaker)


def test_five_five_five() -> None:
    """Five minutes one, five the other, five together; then everyone goes on talking."""
    assert said("five-five-five") == [
        (0.0, "Five minutes each", ("first",)),
        (302.0, "Five minutes each", ("second",)),
        (604.0, "Five minutes together", ("first", "second")),
        (904.0, "5-5-5", ("first", "second")),
    ]


def test_zwiegespraech() -> None:
    """A quarter of an hour six times, alternating, and no after-talk."""
    heard = [heard for _, _, heard in said("zwiegespraech")]
    assert heard == [("first",), ("second",)] * 3 + [()]
    assert 6 * 900 <= played("zwiegespraech").length_s < 6 * 930
    assert played("zwiegespraech").ends_call


def test_aftermath_has_five_steps_in_which_both_speak() -> None:
    """Feelings, realities, triggers, responsibility, a plan."""
    [one] = shipped()["aftermath"].rounds
    assert [phase.name for phase in one.phases] == [
        "feelings", "realities", "triggers", "responsibility", "plan",
    ]  # fmt: skip
    assert {phase.speaker for phase in one.phases} == {Speaker.EACH}


def test_an_answer_is_never_over_its_time() -> None:
    """The question round gives no grace: the next one begins to the second."""
    answers = [at for at, title, _ in said("question-round") if title == "Answering"]
    assert answers[1] - answers[0] == 180


def test_imago_begins_with_the_appointment() -> None:
    """Nothing is sent before both have said that now is a good time, and then both send."""
    moments = played("imago").moments
    assert (moments[0].title, moments[0].heard) == ("Is now a good time?", ("first", "second"))
    senders = [moment.speaker for moment in moments if moment.title == "Sending and mirroring"]
    assert list(dict.fromkeys(senders)) == ["first", "second"]


def test_the_listener_says_back_while_the_floor_stays_the_speakers() -> None:
    """Speaker and listener: in the slot the listener alone is heard, and it is still the speaker's phase."""
    slot = next(moment for moment in played("speaker-listener").moments if moment.heard == ("second",))
    assert (slot.speaker, slot.listener) == ("first", "second")


def test_arriving_is_silent_and_seen() -> None:
    """Five minutes without a sound, then everyone."""
    assert said("arrival-silence")[:2] == [
        (0.0, "Arriving", ()),
        (300.0, "Arriving in silence", ("first", "second")),
    ]


def test_in_a_shuttle_the_partners_never_meet() -> None:
    """The therapist talks to the one and to the other, and nobody ever hears both partners."""
    heard = [heard for _, _, heard in said("shuttle")]
    assert ("first", "therapist") in heard
    assert ("second", "therapist") in heard
    assert not any({"first", "second"} <= set(one) for one in heard)


def test_an_operators_formats_are_added_or_take_a_place(tmp_path: Path) -> None:
    """Files of the folder come after the shipped ones, and replace those of the same name where they stand."""
    (tmp_path / "a-new-one.toml").write_text(PLAIN_FORMAT.format("A new one"))
    (tmp_path / "imago.toml").write_text(PLAIN_FORMAT.format("My imago"))
    (tmp_path / "notes.txt").write_text("not a format")
    formats = with_own(tmp_path)
    assert tuple(formats) == (*ORDER, "a-new-one")
    assert formats["imago"].title == "My imago"
    assert shipped()["imago"].title == "Imago dialogue"


def test_a_folder_with_a_fault_is_refused(tmp_path: Path) -> None:
    """A bad file, a missing folder and too many files: each is told, and nothing is taken."""
    (tmp_path / "bad.toml").write_text('title = "x"\nfloor = "turns"\nsentence = 3\n')
    with pytest.raises(FormatFileError, match=r"bad\.toml:3: sentence must be text in quotes"):
        with_own(tmp_path)
    with pytest.raises(FormatFileError, match=r"none:1: this folder can't be read: No such file"):
        with_own(tmp_path / "none")
    for number in range(MAX_OWN):
        (tmp_path / f"f{number}.toml").write_text("")
    with pytest.raises(FormatFileError, match="at most 100 formats"):
        with_own(tmp_path)
