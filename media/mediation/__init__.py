"""The pure core of a conversation: no clock, no I/O, no WebRTC. Import from the modules."""
