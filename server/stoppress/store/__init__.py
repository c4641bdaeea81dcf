"""Where blogs are kept: the contracts, and Redis or Valkey behind them, embedded if none is given.

base              the contract of blogs, posts and their histories; base_tokens, base_audit_log and
                  base_reader_counts are those of tokens, audit log and numbers of readers
stores            opens all of them together
redis_store       the store, made of reads, durable_writes (with idempotency) and due_posts, by the .lua files
redis_stream      the histories as they grow
tokens, audit_log, reader_counts   the other contracts on Redis
redis_connection  clients and what their failures are called; fast_reads is one for frequent questions
redis_keys        the names of the keys; records: what is written under them
export_import     a whole blog as one JSON document, and back
embedded_valkey   the store that Stop Press runs itself, with folder_lock (who holds it) and valkey_processes
"""
