"""What is kept about one person in a call and its series: shown to them, and erased when they wish it."""
