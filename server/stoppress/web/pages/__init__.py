"""What readers open, and what it loads: blog (its pages), page_numbers, index (all blogs), feeds, robots (/robots.txt),
assets (the client's files).
"""
