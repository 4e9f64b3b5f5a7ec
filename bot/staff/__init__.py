"""What dispatchers, agents and crews do in their company's messenger.

Stands above `bot.channels` and `bot.desk`, which know nothing of each other: channels of staff
carry words in and cards out, and what is asked for is done by the desk and by scheduling.
"""
