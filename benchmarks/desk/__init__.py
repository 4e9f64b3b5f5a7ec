"""Takeover at size: consumers' sockets, agents' sockets, and messages between them."""
