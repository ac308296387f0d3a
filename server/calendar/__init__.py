"""Calls in people's calendars: what is written into them, what they answer, and how calls recur."""
