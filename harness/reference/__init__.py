"""The reference sender: ours, small, and right in every situation that the suite asks about.

`harness.reference.sender.handle` answers the sender protocol. The pieces are usable alone:
`uri` (the connection URI), `message` (bytes from a message document) and `smtp` (one session).
"""
