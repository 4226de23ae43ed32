"""What is said where an edit cannot be made."""


class EditError(ValueError):
    """An edit cannot be made of this recording at this dose; the message says why, and what was expected."""
