"""One rule, adjustment or default offer as a form that works without script: its state travels in the page."""
