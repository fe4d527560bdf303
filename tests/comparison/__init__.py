"""How answers are compared, and what is said of a difference."""
