"""The engine as the rest of the system sees it: its client, its supervision, its actions."""
