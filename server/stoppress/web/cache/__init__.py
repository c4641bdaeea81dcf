"""The cache of pages and feeds. Each is made once for each state of a blog, and sent without ASGI where possible.

finished_page   a rendered page or feed at one cursor of its blog
freshness       the current cursors of blogs, read from the store
page_cache      the cache itself, and its keys
renders         bounds how many pages are rendered at a time
fast_path       sends cached pages before ASGI
"""
