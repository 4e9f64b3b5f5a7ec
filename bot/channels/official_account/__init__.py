"""A 公众号 service account: WeChat pushes XML, and is answered by its API."""
