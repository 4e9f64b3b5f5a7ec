"""Yuezhuang, the bot that consumers ask about delivery and installation."""
