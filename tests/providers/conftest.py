"""Scheduling on both databases, as its own tests have it."""

from tests.scheduling.conftest import (
    database,
    database_url,
    migrated_file,
    postgres_url,
    scheduling,
    world,
)

__all__ = ["database", "database_url", "migrated_file", "postgres_url", "scheduling", "world"]
