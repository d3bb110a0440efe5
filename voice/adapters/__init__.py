"""One library a file: what fills the ports of :mod:`voice.ports`."""
