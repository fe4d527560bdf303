"""What students and instructors are given: lessons, public tests, hints."""
