"""Tests: one module for each module of the line. A package of its own: a dependency ships another called tests."""
