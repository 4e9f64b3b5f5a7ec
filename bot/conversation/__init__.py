"""Who speaks, what was said, what waits: the core that every channel and the desk share."""
