"""What the channels of WeChat and of WeCom share: their XML and their API."""
