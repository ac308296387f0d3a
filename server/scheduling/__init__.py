"""What may be done with calls: schedule, change, answer, propose another time, end a series, list."""
