"""The compiled lane: the steady case of a packet's way, in C (docs/packet-path.md). Optional: without it Python does the same."""
