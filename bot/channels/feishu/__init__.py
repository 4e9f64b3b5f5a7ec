"""Feishu, for staff."""
