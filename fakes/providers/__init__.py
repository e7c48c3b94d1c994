"""The providers' rules, each a package: account, refusals, rules."""
