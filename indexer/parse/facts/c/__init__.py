"""The front end of C and C++: one class for each part of the language, and `walk` made of them."""
