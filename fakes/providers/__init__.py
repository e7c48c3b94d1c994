"""The six providers' rules, each a package: account, refusals, rules."""
