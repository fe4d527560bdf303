"""Tests of `grading.autograde`."""
