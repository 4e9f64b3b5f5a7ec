"""Where all is put together: for each role built, started in order, closed in reverse."""
