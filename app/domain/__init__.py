"""Pure facts about money and states: no framework, no database, no network."""
