"""What accompanies the rows: a page for recipients, a data dictionary, descriptions for programs.

All of it is worked out from what is released anyway: the synthetic rows, the model, its schema and
ledger, and the custodian's own words. No real row is looked at for it, and nothing is spent.
"""
