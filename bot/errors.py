"""The error tree: a code for machines, a sentence for people who read logs or answers.

A sentence says what is wrong and how to mend it. It is English and meant for integrators
and operators; what a consumer hears stands in `domain.yml` and `data/texts/`.
"""

from __future__ import annotations

from typing import Any, ClassVar


class BotError(Exception):
    """Something in Yuezhuang went wrong."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, detail: str | None = None, **facts: Any) -> None:
        self.facts = facts
        self.detail = detail or (type(self).__doc__ or "").format(**facts)
        super().__init__(self.detail)


class SettingsError(BotError):
    """A setting is missing or wrong; see docs/settings.md."""

    code = "settings"


class Refused(BotError):
    """The request cannot be served as it stands."""

    code = "refused"
    status = 400


class MalformedRequest(Refused):
    """The request is not what the OpenAPI description asks for."""

    code = "malformed_request"


class Unauthorized(Refused):
    """Send `Authorization: Bearer` with the value of BOT_API_TOKEN."""

    code = "unauthorized"
    status = 401


class NotSigned(Refused):
    """The request does not prove that it comes from the platform: {reason}."""

    code = "not_signed"
    status = 401


class NotFound(Refused):
    """There is nothing here under this name."""

    code = "not_found"
    status = 404


class OrderNotFound(NotFound):
    """Order {order_no} does not exist, or is not this consumer's."""

    code = "order_not_found"


class VisitNotFound(NotFound):
    """No visit {visit_id} is known."""

    code = "visit_not_found"


class CrewNotFound(NotFound):
    """No crew {crew_id} is known."""

    code = "crew_not_found"


class HubNotFound(NotFound):
    """No hub {hub_id} is known."""

    code = "hub_not_found"


class ConversationNotFound(NotFound):
    """No conversation of sender {sender} is known."""

    code = "conversation_not_found"


class IdentityNotProven(Refused):
    """Order number and phone tail do not match; {tries_left} tries are left."""

    code = "identity_not_proven"
    status = 403


class IdentityLocked(Refused):
    """Too many wrong proofs of identity in this conversation; a person has to help."""

    code = "identity_locked"
    status = 403


class ImportRejected(Refused):
    """The import was not taken: {count} faults."""

    code = "import_rejected"
    status = 422


class ImportConflict(Refused):
    """Of the import's {total} bytes {received} are there; send the rest, under the same key."""

    code = "import_conflict"
    status = 409


class UploadNotFound(NotFound):
    """No import {upload_id} is known."""

    code = "import_not_found"


class WebhookNotFound(NotFound):
    """No webhook {webhook_id} of this caller is known."""

    code = "webhook_not_found"


class DeliveryNotFound(NotFound):
    """No delivery {delivery_id} of this webhook is over."""

    code = "delivery_not_found"


class BookingRefused(Refused):
    """The visit cannot be booked, moved or cancelled: {reason}."""

    code = "booking_refused"
    status = 409


class IllegalStatus(Refused):
    """Visit {visit_id} is {present}; from there it becomes {can}."""

    code = "illegal_status"
    status = 409


class CommandReused(Refused):
    """The command {command_id} was for something else; give each command an id of its own."""

    code = "command_reused"
    status = 409


class WindowTaken(BookingRefused):
    """The window {window} is no longer open; ask for availability again."""

    code = "window_taken"


class EngineUnavailable(BotError):
    """The engine is down, loading or too slow; messages wait."""

    code = "engine_unavailable"
    status = 503


class TurnPending(BotError):
    """The turn goes on; repeat the call with the same message_id to fetch its answer."""

    code = "turn_pending"
    status = 504


class EngineTimeout(EngineUnavailable):
    """The engine took longer than its time limit; the turn may still go on inside it."""

    code = "engine_timeout"
    status = 504


class EngineFailed(BotError):
    """The engine answered with an error; its own log says why."""

    code = "engine_failed"
    status = 502


class Forbidden(Refused):
    """The call is not allowed from here."""

    code = "forbidden"
    status = 403


class TooLarge(Refused):
    """The request body is larger than {limit} bytes."""

    code = "too_large"
    status = 413


class UnsupportedMedia(Refused):
    """Photos are taken as JPEG, PNG or WebP, told by what is in them."""

    code = "unsupported_media"
    status = 415


class MediaRefused(Refused):
    """What the message refers to is not fetched."""

    code = "media_refused"
    status = 422


class MediaUnavailable(BotError):
    """What the message refers to cannot be fetched now; try again."""

    code = "media_unavailable"
    status = 503


class TooMany(Refused):
    """Too much was sent; wait."""

    code = "too_many"
    status = 429


class TooManyRequests(TooMany):
    """Too many requests; try again in {retry_after} seconds."""

    code = "too_many_requests"


class IllegalMove(Refused):
    """A conversation in state {state} does not take the command {command}."""

    code = "illegal_move"
    status = 409


class ConversationTaken(IllegalMove):
    """Somebody else answers this conversation."""

    code = "conversation_taken"


class StaleEpoch(IllegalMove):
    """The conversation has moved since; it is now in state {state}."""

    code = "stale_epoch"


class NotSignedIn(Refused):
    """Sign in at the desk first."""

    code = "not_signed_in"
    status = 401


class WrongCredentials(Refused):
    """Login and password do not belong together."""

    code = "wrong_credentials"
    status = 401


class LoginLocked(Refused):
    """Too many wrong passwords; try again in {retry_after} seconds."""

    code = "login_locked"
    status = 429


class AgentFull(Refused):
    """The agent has {chats} chats and may have {max_chats}."""

    code = "agent_full"
    status = 409


class AgentNotAvailable(Refused):
    """The agent is not there to take a chat."""

    code = "agent_not_available"
    status = 409


class QueueEmpty(NotFound):
    """Nobody waits."""

    code = "queue_empty"


class LoginTaken(BotError):
    """There is an account {login} already; nothing was changed."""

    code = "login_taken"
    status = 409


class WeakPassword(BotError):
    """The password needs at least {shortest} characters."""

    code = "weak_password"
    status = 422


class VisitChanged(BookingRefused):
    """Somebody has changed the visit since it was read; read it again."""

    code = "visit_changed"


class GroupNotFound(Refused):
    """There is no group {group} of missed turns, or it is not yours to see."""

    code = "group_not_found"
    status = 404


class GroupChanged(Refused):
    """Somebody has labelled this group since it was read; read it again."""

    code = "group_changed"
    status = 409


class MalformedFrame(BotError):
    """A message connection sent what is no frame."""

    code = "malformed_frame"


class TmallDisconnected(BotError):
    """The message connection is gone: {why}."""

    code = "tmall_disconnected"


class DeliveryFailed(BotError):
    """A platform did not take a message."""

    code = "delivery_failed"
    status = 502


class RetryLater(DeliveryFailed):
    """The platform cannot be reached, or says that it is busy; the message was not taken."""

    code = "retry_later"


class RateLimited(DeliveryFailed):
    """The platform takes no more from this account for {after} seconds."""

    code = "rate_limited"


class TokenExpired(DeliveryFailed):
    """The platform no longer takes the access token."""

    code = "token_expired"


class DeliveryRefused(DeliveryFailed):
    """The platform will never take this message: {reason}."""

    code = "delivery_refused"


class DeliveryUnknown(DeliveryFailed):
    """The platform may have taken the message: the call broke off after it was sent."""

    code = "delivery_unknown"
