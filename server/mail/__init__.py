"""Letters: what is written to whom and when, how it looks, and how it leaves this server exactly once."""
