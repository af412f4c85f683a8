"""The front end of Java: one class for each part of the language, and `walk` made of them."""
