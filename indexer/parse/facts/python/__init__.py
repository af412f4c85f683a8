"""The front end of Python: one class for each part of the language, and `walk` made of them."""
