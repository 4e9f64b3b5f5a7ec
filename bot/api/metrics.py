"""What is counted, for Prometheus."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

Counts = Callable[[], Awaitable[tuple[Mapping[str, int], int]]]
Sending = Callable[[], Awaitable[Mapping[str, int]]]

_STATES = ("bot", "queued", "human", "closed")
_OUTCOMES = ("answered", "handed_over", "apologised", "suppressed")
_SENDINGS = ("sent", "retried", "limited", "held", "dead")
_BUCKETS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 100)


class Metrics:
    """The counters of one running service, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._turns = Counter("bot_turns", "Turns by outcome", ["outcome"], registry=self._registry)
        self._seconds = Histogram(
            "bot_turn_seconds", "Time of a turn", buckets=_BUCKETS, registry=self._registry
        )
        self._conversations = Gauge(
            "bot_conversations", "Conversations by state", ["state"], registry=self._registry
        )
        self._waiting = self._gauge("bot_inbox_waiting", "Messages that wait for an answer")
        self._outbox = Gauge(
            "bot_outbox",
            "Lines for platforms: waiting, and dead in the last week",
            ["status"],
            registry=self._registry,
        )
        self._ready = self._gauge("bot_engine_ready", "1 where the engine answers")
        self._restarts = self._gauge("bot_engine_restarts", "Restarts of the engine since start")
        self._sent = Counter(
            "bot_sent",
            f"Messages to platforms by outcome: {', '.join(_SENDINGS)}",
            ["channel", "outcome"],
            registry=self._registry,
        )
        for outcome in _OUTCOMES:
            self._turns.labels(outcome)

    def turn(self, outcome: str, seconds: float) -> None:
        """Note one turn."""
        self._turns.labels(outcome).inc()
        self._seconds.observe(seconds)

    def sent(self, channel: str, outcome: str) -> None:
        """Note one try to send a message to a platform."""
        self._sent.labels(channel, outcome).inc()

    def render(
        self,
        counts: tuple[Mapping[str, int], int],
        sending: Mapping[str, int],
        *,
        ready: bool,
        restarts: int,
    ) -> bytes:
        """Return the text that Prometheus reads."""
        states, waiting = counts
        for state in _STATES:
            self._conversations.labels(state).set(states.get(state, 0))
        self._waiting.set(waiting)
        for status, lines in sending.items():
            self._outbox.labels(status).set(lines)
        self._ready.set(ready)
        self._restarts.set(restarts)
        return generate_latest(self._registry)

    def _gauge(self, name: str, about: str) -> Gauge:
        return Gauge(name, about, registry=self._registry)
