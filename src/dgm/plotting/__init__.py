"""Static figures of the book. Import from the modules; nothing is re-exported."""
