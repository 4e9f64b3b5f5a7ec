"""Where orders, crews and visits come from, and who is told when a visit changes."""
