"""How fast, against stock nbgrader in the same run."""
