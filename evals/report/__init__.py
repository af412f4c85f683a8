"""Runs read back into a page: verdict, plots, tables, losses. Asks no solver."""
