"""People who sign in: who they are, what they may do, and in which part of the tree."""
