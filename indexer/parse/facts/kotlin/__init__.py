"""The front end of Kotlin: one class for each part of the language, and `walk` made of them."""
