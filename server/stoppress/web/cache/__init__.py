"""Pages and feeds kept ready: made once for each state of a blog, and written without ASGI where that is possible.

finished_page   an answer of one state, and those kept
freshness       where blogs stand, asked of the store
page_cache      both together, and under which key an answer is kept
fast_path       gives finished answers out before ASGI
"""
