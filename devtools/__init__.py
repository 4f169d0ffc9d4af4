"""Parts of the ``./dev`` launcher. Standard library only: this runs before anything is installed."""
