"""What the command line says of calls: tables and lines for people. Knows the API's answers and nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from tabulate import tabulate

from server.times import DAYS, MONTHS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Told = Mapping[str, Any]

ANSWERS: Final = {
    "accepted": "yes",
    "declined": "not now",
    "tentative": "perhaps",
    "needs-action": "no answer yet",
}
SHORT: Final = {**ANSWERS, "needs-action": "?"}


def created(call: Told) -> str:
    """What is said of a call that has just been scheduled."""
    people = [f"  {one['name']} ({one['role']}): {one['invitation_url']}" for one in call["participants"]]
    mailed = [one["name"] for one in call["participants"] if one["has_email"]]
    return "\n".join(
        [
            f"{call['title']}, {_when(call['starts_at'])} ({call['timezone']}), {call['duration_minutes']} minutes",
            *(_repeated(call["series"]) if call["series"] else ()),
            *(
                ["Both partners are asked first; the door opens once they have accepted."]
                if not call["agreed"]
                else ()
            ),
            *([f"An invitation is mailed to {_listed(mailed)}."] if mailed else ()),
            "Each link is one person's own, and shown this once:",
            *people,
            f"Yours, to look after it, also shown this once: {call['manage_url']}",
            f"Call: {call['id']}",
            f"To change or cancel it at a command line (HOLDSPACE_MANAGE_TOKEN): {call['manage_token']}",
        ]
    )


def listed(calls: Sequence[Told]) -> str:
    """Return calls as a table."""
    rows = [
        {
            "When": _when(call["starts_at"]),
            "Zone": call["timezone"],
            "Minutes": call["duration_minutes"],
            "Status": _status(call),
            "Series": "yes" if call["series"] else "",
            "Title": call["title"],
            "With": ", ".join(_with_answer(call, one) for one in call["participants"]),
            "Call": call["id"],
        }
        for call in calls
    ]
    return _table(rows) if rows else "There are no such calls."


def shown(call: Told) -> str:
    """Return all about one call that its organizer may know."""
    names = {one["id"]: one["name"] for one in call["participants"]}
    parts = [
        "\n".join(
            [
                call["title"],
                f"{_when(call['starts_at'])} ({call['timezone']}), {call['duration_minutes']} minutes, {call['format']}",
                f"{_status(call).capitalize()}.",
            ]
        ),
        _table([_person(call, one) for one in call["participants"]]),
    ]
    if call["proposals"]:
        parts.append(
            "Other times that were proposed:\n" + _table([_proposal(one, names) for one in call["proposals"]])
        )
    if call["series"]:
        rows = [
            {"When": _when(one["starts_at"]), "Status": one["status"], "Call": one["id"]}
            for one in call["series"]["calls"]
        ]
        parts.append(f"One of a series ({call['series']['rule']}):\n{_table(rows)}")
    return "\n\n".join(parts)


def moved(call: Told) -> str:
    """What is said of a call that was moved."""
    asked = [one["name"] for one in call["participants"] if one["rsvp"] == "needs-action"]
    when = f"It is now on {_when(call['starts_at'])} ({call['timezone']})."
    return f"{when} {_listed(asked)} {'is' if len(asked) == 1 else 'are'} asked again." if asked else when


def _repeated(series: Told) -> list[str]:
    last = _when(series["calls"][-1]["starts_at"])
    return [f"It is the first of {len(series['calls'])} calls, the last of them on {last}."]


def _status(call: Told) -> str:
    if call["status"] in {"scheduled", "open"} and not call["agreed"]:
        return f"{call['status']}, not agreed yet"
    return str(call["status"])


def _with_answer(call: Told, one: Told) -> str:
    return str(one["name"]) if _is_cancelled(call) else f"{one['name']} ({SHORT[one['rsvp']]})"


def _is_cancelled(call: Told) -> bool:
    """Nobody owes an answer any more."""
    return bool(call["status"] == "cancelled")


def _person(call: Told, one: Told) -> dict[str, str]:
    mail = one["mail"]
    letter = (
        ""
        if mail is None
        else f"{mail['kind']}: {mail['state']}" + (f" ({mail['reason']})" if mail["reason"] else "")
    )
    return {
        "Who": one["name"],
        "Role": one["role"],
        "Answer": "" if _is_cancelled(call) else ANSWERS[one["rsvp"]],
        "Zone": one["timezone"] or "",
        "Newest letter": letter or ("none yet" if one["has_email"] else "no address"),
    }


def _proposal(one: Told, names: Mapping[str, str]) -> dict[str, str]:
    return {
        "When": f"{_when(one['starts_at'])} ({one['timezone']})",
        "By": names.get(one["by"], ""),
        "State": one["state"],
        "Agreed": ", ".join(names.get(each, "") for each in one["agreed"]),
    }


def _when(text: str) -> str:
    """Return a moment with its offset as a short date and time, such as `Sun 6 Dec 2026, 19:00`."""
    at = datetime.fromisoformat(text)
    return f"{DAYS[at.weekday()][:3]} {at.day} {MONTHS[at.month - 1][:3]} {at.year}, {at:%H:%M}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    return str(
        tabulate(
            [list(row.values()) for row in rows],
            headers=list(rows[0]),
            tablefmt="simple",
            disable_numparse=True,
        )
    )
