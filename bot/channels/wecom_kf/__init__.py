"""微信客服 through WeCom: it rings, we read what it keeps for us, and answer by its API."""
