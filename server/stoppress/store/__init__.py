"""Where blogs are kept: the contract (base.py), and Redis or Valkey behind it, embedded if none is given."""
