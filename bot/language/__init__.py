"""Chinese text to values: pure functions over text, usable without Rasa or a database.

Every `find_*` takes text that `normalise` has cleaned and never raises on any string.
"""
