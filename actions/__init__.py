"""Custom actions: slots in, one call into `bot.scheduling`, a response out."""
