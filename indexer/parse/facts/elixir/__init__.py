"""Facts of Elixir."""
