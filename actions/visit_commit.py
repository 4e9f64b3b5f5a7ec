"""What follows a yes about a visit's window, or a dropped wish: the one call that books."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import because, missed, seen, wording
from actions.context import Services, services
from actions.need import Events
from actions.turn import Turn
from actions.visit import cleared, plain, say_refusal, window_of
from bot.errors import BookingRefused, VisitChanged, WindowTaken
from bot.scheduling import Order, Window


class CommitVisit(Action):
    """Book what was confirmed."""

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_commit_visit"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        """Make the one call that books or moves; a wish that was dropped changes nothing."""
        turn = Turn.read(tracker, in_visit_form=True)
        at = services()
        order = await at.scheduling.order(turn.caller, turn.slot("order_no"))
        wanted = window_of(turn.slot("window"))
        if not turn.slot("confirmed") or wanted is None:
            if turn.slot("hold"):
                await at.scheduling.release(turn.caller, order.order_no)
            return _kept(order, dispatcher, at)
        return await _commit(order, wanted, turn, dispatcher, at)


def _kept(order: Order, dispatcher: CollectingDispatcher, at: Services) -> Events:
    visit = order.live_visit
    if missed.is_missed(order, at):
        dispatcher.utter_message(response="utter_missed_kept")
    elif visit is not None and visit.window is not None:
        window = wording.window(visit.window, at.clock.today())
        dispatcher.utter_message(response="utter_visit_kept", window=window)
    else:
        dispatcher.utter_message(response="utter_not_booked")
    return cleared()


async def _commit(
    order: Order, wanted: Window, turn: Turn, dispatcher: CollectingDispatcher, at: Services
) -> Events:
    moved = order.live_visit is not None and order.live_visit.window is not None
    said_window = wording.window(wanted, at.clock.today())
    try:
        visit = await at.scheduling.book(
            turn.caller,
            order.order_no,
            wanted,
            f"{turn.turn_id}:book",
            token=turn.slot("hold"),
            reason=because.of(turn) if moved else None,
            seen=seen.of(turn, order),
        )
    except VisitChanged:
        return await _changed(order, wanted, turn, dispatcher, at)
    except WindowTaken:
        dispatcher.utter_message(response="utter_window_taken", window=said_window)
        refused = SlotSet("refused", [plain(wanted)])
        return [*cleared(), *because.kept(turn), refused, FollowupAction("visit_form")]
    except BookingRefused as error:
        return [*cleared(), *say_refusal(dispatcher, error.facts.get("reason"))]
    dispatcher.utter_message(
        response="utter_moved" if moved else "utter_booked",
        goods=wording.goods(order),
        window=said_window,
        kind=wording.kind(visit.kind),
        crew_line=wording.crew_line(visit),
    )
    await _say_what_followed(order, turn, dispatcher, at)
    return cleared()


async def _changed(
    order: Order, wanted: Window, turn: Turn, dispatcher: CollectingDispatcher, at: Services
) -> Events:
    """Tell how the visit stands now, and ask again where it is not where it was wanted."""
    fresh = await at.scheduling.order(turn.caller, order.order_no)
    seen.say_changed(fresh, dispatcher, at)
    if fresh.live_visit is not None and fresh.live_visit.window == wanted:
        await at.scheduling.release(turn.caller, order.order_no)
        return cleared()
    again = SlotSet("window", plain(wanted))
    return [*cleared(), *because.kept(turn), again, FollowupAction("visit_form")]


async def _say_what_followed(
    before: Order, turn: Turn, dispatcher: CollectingDispatcher, at: Services
) -> None:
    """Tell that the installation moved along with its delivery, or that nobody can do it."""
    after = await at.scheduling.order(turn.caller, before.order_no)
    known = {visit.visit_id: visit for visit in before.visits}
    for visit in after.visits:
        old = known.get(visit.visit_id)
        if visit.kind != "installation" or old is None or old in (visit, before.live_visit):
            continue
        dispatcher.utter_message(
            response="utter_installation_waits" if visit.attention else "utter_installation_moved",
            window=wording.window(visit.window, at.clock.today()),
        )
