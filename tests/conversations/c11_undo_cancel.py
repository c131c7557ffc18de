"""Undo and cancel: a change taken back, a cancellation refused, then given, and sent to the calendars.

Cancelling asks for a confirmation. Most people type that they want something undone; some use the page's button, `Undo`.
"""

from __future__ import annotations

from conversations.facts import calendar, calendar_grew, coming, days_are, kind_is, part, people, plan_is, same, span, status_is, time_is
from conversations.model import END, Confirm, Conversation, History, Mark, State, Undo

_TIME = ("2026-11-22 11:00", "2026-11-22 12:30")


def _told(state: State, budget: int) -> None:
    coming(state, "Tiina", "Raj", "You")
    kind_is(state, "brunch")
    days_are(state, "2026-11-22")
    plan_is(state, budget_per_person=budget, currency="EUR")


def check(history: History) -> None:
    _told(history.at("changed"), 35)
    _told(history.at("undone"), 20)
    exported, kept, end = history.at("exported"), history.at("kept"), history.final
    for state in (exported, kept):
        _told(state, 20)
        time_is(state, *_TIME)
        status_is(state, "open")
    same(calendar(kept), calendar(exported), "the calendar file, as nothing is cancelled,")
    same(part(part(history.at("cancelled"), "plan"), "status"), "cancelled", "the status")
    _told(end, 20)
    status_is(end, "cancelled")
    calendar_grew(exported, end)


_PEOPLE = people("Tiina", "Raj", "You")
_PLAN = {"kind": "brunch", "date_from": "2026-11-22", "date_to": "2026-11-22", "budget_per_person": 20, "currency": "EUR"}
_EXPORTED: State = {"plan": _PLAN, "people": _PEOPLE, "decisions": {"time": span(*_TIME)}, "calendar": {"uid": "u", "sequence": 0}}
_REFERENCE: dict[str, State] = {
    "changed": {"plan": _PLAN | {"budget_per_person": 35}, "people": _PEOPLE},
    "undone": {"plan": _PLAN, "people": _PEOPLE},
    "exported": _EXPORTED,
    "kept": _EXPORTED,
    "cancelled": {"plan": {"status": "cancelled"}},
    END: {"plan": _PLAN | {"status": "cancelled"}, "people": _PEOPLE, "calendar": {"uid": "u", "sequence": 1}},
}

_TRANSCRIPTS = (
    (
        "Brunch with Tiina and Raj this Sunday, 20 euros each at most.",
        "Change the budget to 35 euros each.",
        Mark("changed"),
        "Undo that.",
        Mark("undone"),
        "We meet at 11 for an hour and a half, that's decided.",
        "Make the calendar file.",
        Mark("exported"),
        "Cancel the plan.",
        Confirm(False),
        Mark("kept"),
        "Now I'm sure, cancel the plan.",
        Confirm(True),
        Mark("cancelled"),
        "Make the file that cancels it in our calendars.",
    ),
    (
        "brunch w tiina n raj on sunday (22 nov), max 20€ pp",
        "make it 35€ pp",
        Mark("changed"),
        "undo",
        Mark("undone"),
        "ok lets meet 11am till 12.30pm, fixed",
        "ics pls",
        Mark("exported"),
        "cancel the whole thing",
        Confirm(False),
        Mark("kept"),
        "sry yes cancel the whole thing",
        Confirm(True),
        Mark("cancelled"),
        "send the cancellation ics too",
    ),
    (
        "I'm arranging brunch for Raj, Tiina and myself on Sunday the 22nd. We'd each like to spend no more than twenty euros.",
        "On reflection, thirty-five euros each would be all right.",
        Mark("changed"),
        "No, I take that back, please go back to how it was before.",
        Mark("undone"),
        "We've settled on eleven o'clock in the morning until half past twelve.",
        "I should like a calendar file of it.",
        Mark("exported"),
        "I'm afraid we have to call the brunch off.",
        Confirm(False),
        Mark("kept"),
        "Raj is definitely ill, so we do have to call the brunch off.",
        Confirm(True),
        Mark("cancelled"),
        "I should like a calendar file with the cancellation as well.",
    ),
    (
        "Plan brunch for Sunday, November 22 with Tiina, Raj and me. Budget: €20 per person.",
        "Set the budget to €35 per person.",
        Mark("changed"),
        Undo(),
        Mark("undone"),
        "Set the time: 11 AM to 12:30 PM.",
        "Export the calendar file.",
        Mark("exported"),
        "Cancel this plan.",
        Confirm(False),
        Mark("kept"),
        "Cancel this plan.",
        Confirm(True),
        Mark("cancelled"),
        "Export the cancellation for the calendar.",
    ),
    (
        "Sun 22.11. brunch, Raj + Tiina + me, max 20 EUR each",
        "new max: 35 EUR each",
        Mark("changed"),
        "please undo the last change",
        Mark("undone"),
        "time decided: 11.00-12.30",
        "calendar file please",
        Mark("exported"),
        "cancel everything",
        Confirm(False),
        Mark("kept"),
        "cancel everything, this time really",
        Confirm(True),
        Mark("cancelled"),
        "calendar file for the cancellation please",
    ),
    (
        "brunch?",
        "on sunday, 22 november",
        "with raj and tiina",
        "20 euros per person is our limit",
        "hmm, let's say 35 euros per person",
        Mark("changed"),
        "oops, undo my last message",
        Mark("undone"),
        "we'll start at 11",
        "and we'll finish at 12:30",
        "now i need it as a calendar file",
        Mark("exported"),
        "please cancel our brunch",
        Confirm(False),
        Mark("kept"),
        "please cancel our brunch after all",
        Confirm(True),
        Mark("cancelled"),
        "and now i need the cancellation as a calendar file",
    ),
    (
        "Raj, Tiina and I would like to have brunch on Saturday, no, on Sunday, 22 Nov, for up to 20 euros a head.",
        "Better make that 35 euros a head.",
        Mark("changed"),
        "Actually, revert that last change.",
        Mark("undone"),
        "Write down that we're meeting at 11:00 and that it takes 90 minutes.",
        "Can I download that for my calendar?",
        Mark("exported"),
        "We want to cancel.",
        Confirm(False),
        Mark("kept"),
        "I pressed the wrong button. We do want to cancel.",
        Confirm(True),
        Mark("cancelled"),
        "Can I download the cancellation for my calendar?",
    ),
    (
        "On Sunday 22 November Tiina, Raj and I are having brunch from 11:00 to 12:30, that's agreed between us, and nobody will pay more than 20 euros.",
        "Raise the limit from 20 to 35 euros per person.",
        Mark("changed"),
        Undo(),
        Mark("undone"),
        "Save it as a calendar file.",
        Mark("exported"),
        "The brunch isn't going to happen, cancel the plan.",
        Confirm(False),
        Mark("kept"),
        "It really isn't going to happen, cancel the plan.",
        Confirm(True),
        Mark("cancelled"),
        "Save the cancellation as a calendar file.",
    ),
    (
        "Could we do brunch on Sunday the 22nd? Me, Raj and Tiina. Let's not go over 20 euros per head.",
        "Raj thinks the food there costs more than that. So please change the limit to 35 euros.",
        Mark("changed"),
        "Tiina says that's too much. Undo it.",
        Mark("undone"),
        "It'll be at eleven in the morning and last one and a half hours. We've all agreed to that.",
        "Let me have an .ics for it.",
        Mark("exported"),
        "Cancel it all, please.",
        Confirm(False),
        Mark("kept"),
        "No way round it: cancel it all, please.",
        Confirm(True),
        Mark("cancelled"),
        "Let me have an .ics for the cancellation.",
    ),
    (
        "Brunch on 22 November, four days from now, for Tiina, me and Raj, with a ceiling of 20 euros each.",
        "The ceiling is 35 euros each from now on.",
        Mark("changed"),
        "That was a mistake, undo what I just told you.",
        Mark("undone"),
        "Decision: we meet from 11:00 until 12:30.",
        "We'd like to import it into our calendars, give us a file.",
        Mark("exported"),
        "Scrap the plan, it's cancelled.",
        Confirm(False),
        Mark("kept"),
        "Scrap the plan, it's cancelled for good.",
        Confirm(True),
        Mark("cancelled"),
        "We'd like to take it out of our calendars again, give us a file.",
    ),
    (
        "tiina and raj are in for brunch this sunday, and i am too of course. 20 euros per person max!",
        "what about 35 euros per person, yeah let's take 35 as the max",
        Mark("changed"),
        "no forget it, undo that, i'm skint",
        Mark("undone"),
        "we're meeting at 11 in the morning for one and a half hours, everyone's ok with it",
        "could you make us a calendar file?",
        Mark("exported"),
        "omg we have to cancel the brunch",
        Confirm(False),
        Mark("kept"),
        "ok no, we do have to cancel the brunch",
        Confirm(True),
        Mark("cancelled"),
        "could you make us a calendar file so that it gets cancelled there?",
    ),
)

CONVERSATION = Conversation(11, "undo and cancel", _TRANSCRIPTS, check, _REFERENCE)
