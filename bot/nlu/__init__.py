"""Rasa graph components over `bot.language`: text to intent and entities.

They run in the engine's environment. Rasa checks the type annotations of every method that
its graph calls, so those are evaluated at run time and their imports stay at module level.
"""
