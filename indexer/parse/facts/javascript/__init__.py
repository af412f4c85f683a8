"""The front end of JavaScript, TypeScript and TSX: one class for each part of the language, and `walk` made of them."""
