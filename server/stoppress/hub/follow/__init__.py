"""How channels follow the store: the tail of the streams, the check that they are right, and catching up."""
