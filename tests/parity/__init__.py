"""One object, one verdict, whichever gate it passes."""
