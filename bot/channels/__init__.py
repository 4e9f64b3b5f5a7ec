"""The ways in and out: verify, decode, encode, within each channel's limits."""
