"""How browsers and rooms talk: messages, the WebSocket, and the rooms that are live."""
