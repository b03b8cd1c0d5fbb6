"""Intake: what citizens, agents and other agencies say enters here."""
