"""Does the open score follow what people say of themselves, and does it say the same again?"""
