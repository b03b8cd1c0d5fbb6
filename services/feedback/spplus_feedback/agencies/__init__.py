"""Other agencies' systems: their events over HTTP, their keys, the register of sources and its pages."""
