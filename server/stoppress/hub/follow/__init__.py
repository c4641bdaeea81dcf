"""How channels follow the store.

tail            reads the streams, and has each channel publish what comes; burst_window: joins bursts
verify          compares channels with the store, and puts right what differs
catchup         brings readers on whom the ring no longer reaches; history_pages: from the store, page by page
"""
