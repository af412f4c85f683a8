"""The front end of Swift: one class for each part of the language, and `walk` made of them."""
