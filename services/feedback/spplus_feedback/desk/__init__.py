"""The agent's desk: what waits for an answer in a part of the tree, and what agents say about it."""
