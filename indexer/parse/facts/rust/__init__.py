"""The front end of Rust: one class for each part of the language, and `walk` made of them."""
