"""Grade notebooks whose code runs behind a wall: each file is one step of the way."""
