"""The front end of Ruby: one class for each part of the language, and `walk` made of them."""
