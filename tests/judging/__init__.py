"""Tests of `grading.judging`."""
