"""Recordings and faces with one thing changed: what becomes of the scores that models give."""
