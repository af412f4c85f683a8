"""Noctule in the configuration of coding agents and editors: put in as text, taken out again byte for byte."""
