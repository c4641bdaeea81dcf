"""Where blogs are stored: the interfaces, and their implementations on Redis or Valkey, which is embedded by default.

base              the interfaces of the store and its streams; base_tokens, base_audit_log and base_reader_counts have
                  those of tokens, audit log and reader counts
open_stores       opens all of them together
redis_store       the store, made of reads, durable_writes (with idempotency) and due_posts, and the .lua files
redis_stream      reads the streams
tokens, audit_log, reader_counts   the other interfaces on Redis
redis_connection  connections, and the errors for their failures; fast_reads: a connection for frequent queries
redis_keys        the names of keys; record_format: the format of their values
store_watch       whether the store answers, accepts writes, and still has its data
export_import     exports a whole blog as one JSON document, and imports it
embedded          the Valkey that Stop Press runs itself, with the locks on its folder
"""
