"""Tests of `grading.workers`."""
