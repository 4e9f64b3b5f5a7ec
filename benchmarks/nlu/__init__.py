"""Understanding texts: this project's pipeline beside the usual ones, and without its parts."""
