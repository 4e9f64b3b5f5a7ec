"""How makers sign and encrypt what they send, one module a scheme."""
