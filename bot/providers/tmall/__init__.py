"""Tmall: orders, the goods' way and installation work cards, both ways."""
