"""The front end of Go: one class for each part of the language, and `walk` made of them."""
