"""Reading times: this project's grammar beside dateparser and jionlp, on the same table."""
