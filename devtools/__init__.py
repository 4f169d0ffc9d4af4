"""Parts of the ``./dev`` launcher: standard library only, for it runs before any installation."""
