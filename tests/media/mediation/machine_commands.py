"""What people may try in the machine: commands of every kind, by everyone, most of them at the wrong moment.

All times are quarters of a second and lengths multiples of five, so that nothing is lost when a clock is shifted: what a
restored conversation does can be compared to the last bit.
"""

from hypothesis import strategies as st

from media.formats.folders import shipped
from media.mediation import commands as c
from media.mediation.distance import Distance
from media.mediation.formats import (
    Completion,
    FloorRule,
    Format,
    FormatPhase,
    FormatRound,
    PhaseFloor,
    Speaker,
    Then,
)
from media.mediation.people import LineState, Role, Seat
from tests.media.mediation.scene import ANN, BEN, SEATS, TESS

UNA = "una"
PARTNERS = frozenset({ANN, BEN})
THERAPISTS = frozenset({TESS, UNA})
EVERYONE = (ANN, BEN, TESS, UNA)
SEATS_OF_FOUR = (*SEATS, Seat(UNA, Role.THERAPIST))

# Every kind of step within two minutes, so that a short sequence gets through it.
QUICK = Format(
    "quick",
    FloorRule.COURSE,
    turn_seconds=20,
    rest_seconds=5,
    rounds=(
        FormatRound(
            (
                FormatPhase(
                    "hello", "Hello", PhaseFloor.OPEN, seconds=20, completes=frozenset({Completion.BOTH})
                ),
                FormatPhase("breath", "Breath", PhaseFloor.SILENCE, seconds=10),
            )
        ),
        FormatRound(
            (
                FormatPhase(
                    "part",
                    "Part",
                    PhaseFloor.TURN,
                    Speaker.FIRST,
                    mirror_seconds=10,
                    completes=frozenset({Completion.GOT_IT}),
                ),
                FormatPhase(
                    "sum",
                    "Sum",
                    PhaseFloor.TURN,
                    Speaker.FIRST,
                    30,
                    mirror_seconds=10,
                    opens_with_mirror=True,
                ),
                FormatPhase(
                    "answer", "Answer", PhaseFloor.TURN, Speaker.SECOND, 15, grace=False, mirror_seconds=5
                ),
            ),
            repeat=2,
            swap=True,
        ),
    ),
    then=Then.TURNS,
)
RESTING = Format("resting", FloorRule.TURNS, turn_seconds=30, rest_seconds=30)
FORMATS = {**shipped(), "quick": QUICK, "resting": RESTING}


def quarters(most_s: int) -> st.SearchStrategy[float]:
    """Seconds up to so many, in quarters."""
    return st.integers(0, most_s * 4).map(lambda quarters: quarters / 4)


who = st.sampled_from([*EVERYONE, ANN, BEN, TESS, ANN, BEN, TESS, "nobody"])
partner = st.sampled_from((ANN, BEN))
therapist = st.sampled_from((TESS, TESS, UNA))
level = st.sampled_from(Distance)
seconds = st.sampled_from([5, 10, 30, 60, 200, 900, 4000])
rest_seconds = st.sampled_from([0, 0, 5, 30, 300, 301])
break_seconds = st.sampled_from([59, 60, 600, 1199, 1200, 1800, 3600, 14_400, 86_400, 86_401])
form = st.sampled_from([*FORMATS, "quick", "quick", "shouting"])
proposal = st.integers(1, 6).map(str)

coming_and_going = st.one_of(
    st.builds(c.Join, who),
    st.builds(c.Leave, who),
    st.builds(c.Lost, who),
    st.builds(c.Line, who, st.sampled_from(LineState)),
    st.builds(c.LineThin, who, st.booleans()),
    st.builds(c.Ready, who, st.booleans()),
    st.builds(c.MicrophoneSet, who, st.booleans()),
)
floor = st.one_of(
    st.builds(c.FloorRequest, who),
    st.builds(c.FloorRelease, who),
    st.builds(c.FloorPass, who, who),
    st.builds(c.FloorGrant, who, who),
    st.builds(c.FloorRevoke, who),
    st.builds(c.SpeechPaused, who),
)
course = st.one_of(
    st.builds(c.PhaseDone, who, st.booleans()),
    st.builds(c.MirrorStart, who),
    st.builds(c.MirrorDone, who),
    st.builds(c.MirrorAnswer, who, st.booleans()),
)
asking = st.one_of(
    st.builds(c.FloorExtend, who, seconds),
    st.builds(c.FormatSet, who, form, st.none() | seconds, st.none() | rest_seconds, st.none() | who),
    st.builds(c.End, who),
    st.builds(c.DistanceRoom, who, level),
    st.builds(c.Admit, who, who),
)
stepping_back = st.one_of(
    st.builds(c.BreakStart, who, st.none() | break_seconds),
    st.builds(c.BreakTime, who, break_seconds),
    st.builds(c.BreakEnd, who),
    st.builds(c.BreakEnd, who),
)
aside = st.one_of(
    st.builds(c.CaucusStart, who, who),
    st.builds(c.CaucusEnd, who),
    st.builds(c.CaucusBack, who),
)
distance = st.one_of(
    st.builds(c.DistanceOutgoing, who, level, st.none() | who),
    st.builds(c.DistanceIncoming, who, level, who),
    st.builds(c.Listen, who, st.booleans()),
)
answering = st.builds(c.Consent, who, proposal, st.booleans())
