"""The HTML report: one file that holds everything, and asks nobody for anything.

What a reader needs first is plain HTML, there without scripts: how it went, what to mend,
requirements, every case with its reason. Each case in full is HTML too, rendered here and packed
(`packing`); the script of the page unpacks the one that is opened. So thousands of cases are a
small file that is painted at once, and there is one renderer.

The policy of the page forbids every load, and every script but its own.
"""
