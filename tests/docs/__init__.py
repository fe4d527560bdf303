"""The pages of docs/: each command, setting, link and picture."""
