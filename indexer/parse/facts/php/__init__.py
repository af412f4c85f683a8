"""The front end of PHP: one class for each part of the language, and `walk` made of them."""
