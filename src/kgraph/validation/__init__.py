"""Stages that look at the files one after the other and yield findings."""
