"""The Rasa process: loads one trained model and answers over loopback. See `python -m bot.engine`.

Nothing here is imported by the application; it runs in the engine's own environment. Modules
that import Rasa at their top are imported after `bot.engine.startup.prepare`.
"""
