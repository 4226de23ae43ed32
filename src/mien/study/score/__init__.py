"""The open score in real meetings: what it says, what one change does to it, and how it is gamed."""
