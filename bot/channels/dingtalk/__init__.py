"""DingTalk, for staff."""
