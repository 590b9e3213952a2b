"""One process that serves pages, frames and health."""
