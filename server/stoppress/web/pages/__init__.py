"""What readers open, and what it loads: blog (its pages), index (all blogs), feeds, robots (/robots.txt), assets (the
client's files).
"""
