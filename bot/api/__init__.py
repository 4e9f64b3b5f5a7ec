"""The JSON API for integrators, beside the channels."""
