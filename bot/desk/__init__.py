"""The agents' side: accounts, the queue, who answers, orders beside the chat, what happened."""
