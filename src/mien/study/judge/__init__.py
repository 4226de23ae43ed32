"""What may be said: verdicts and the way back from each, a table of one's own, and the judge judged."""
