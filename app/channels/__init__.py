"""Ways to reach people: each takes a finished message and hands it over, or says why it could not."""
