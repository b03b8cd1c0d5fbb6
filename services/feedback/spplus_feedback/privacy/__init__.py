"""For how long anything about a person is kept, and what its author may take along or have deleted."""
