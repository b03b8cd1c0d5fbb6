"""Mails to people who asked for them: addresses sealed, consent by two steps, each mail once."""
