"""The aiortc side: carries the plan out, packet by packet."""
