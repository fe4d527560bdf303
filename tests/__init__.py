"""The course, its grader and its gallery, tested."""
