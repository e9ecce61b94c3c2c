"""Tests of `backstage.choose`."""
