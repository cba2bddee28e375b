"""How large a rule set may grow: bounds a person never meets and a hostile file does."""

MAX_RULES = 4_000
MAX_ADJUSTMENTS = 200
MAX_DEPTH = 5
MAX_CONDITIONS = 50  # in one rule, over all its groups
MAX_GROUPS = 12  # in one rule; the engine's expression parser stops at 15
MAX_VALUES = 400  # in one list of a condition
MAX_NAME = 120
MAX_ID = 64
MAX_METHODS = 40  # in one offer or action
MAX_ACCOUNTS = 20  # in one plan
MAX_WEIGHT = 1_000
MAX_ACTIONS = 20
MAX_NOTICE = 500
MAX_PROBLEMS = 50  # reported at a time: a hostile file must not be answered by a longer one

# Exit statuses of a trial's child process.
DIFFERS = 3
REFUSED = 4
