"""The reference courier: a sender that keeps state, and says what became of each message.

`program.handle` answers the documents of the sender protocol, and so does a program of its own,
`python -m harness.reference.courier`. Its settings are a file (`settings`), its queue and its log
an SQLite database (`queue`, `database`), its workers are threads (`workers`). One attempt is made
by the reference sender's own code (`attempt`); what follows from it is decided without any input
or output (`decision`, `schedule`).
"""
