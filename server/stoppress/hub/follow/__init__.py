"""How channels follow the store.

tail            reads the streams, and has each channel publish its new changes; burst_window: joins bursts
verify_with_store  compares channels with the store, and corrects those that differ
catchup         brings readers up to date that are behind the ring; history_pages: its pages, read from the store
"""
