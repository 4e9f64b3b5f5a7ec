"""One database for everything that lasts: SQLite or PostgreSQL, its migrations, transactions."""

from bot.database.engine import Database

__all__ = ["Database"]
