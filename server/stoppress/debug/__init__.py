"""`/debug`: the inner state of one process, for a developer.

state   the state of the tail, of each open channel and of the page cache, as plain values
page    the route: who may ask, and the answer as HTML or JSON
"""
