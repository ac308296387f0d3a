"""The therapist's desk: who may sit at it, how they sign in without a password, and what it remembers for them."""
