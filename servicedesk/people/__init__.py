"""Users, roles, sign-in, teams, and the one rule that says who may see a ticket."""
