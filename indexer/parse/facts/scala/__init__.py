"""The front end of Scala: one class for each part of the language, and `walk` made of them."""
