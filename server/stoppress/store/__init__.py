"""Where blogs are kept: the contract (base.py), and Redis or Valkey behind it (redis.py), embedded if none is given."""
