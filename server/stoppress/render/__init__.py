"""What readers see: one template for each part of a page, whether the page, the socket or a feed shows it.

markup            posts, parts of the page and whole pages as HTML, from templates/
feeds             Atom and JSON Feed; structured_data: the page for machines (schema.org)
html_archive      a blog as a folder that needs no server
times             moments in a blog's time zone and language
translations      the words of the interface
embed_players     the players of known providers; plain_text: HTML without its structure
"""
