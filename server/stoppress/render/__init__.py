"""Renders what readers see. Each part of a page has one template, which the page and the socket share.

blog_html         posts, parts of the page and whole pages as HTML, from templates/
feeds             Atom and JSON Feed; structured_data: schema.org metadata of a page
html_archive      a blog as a folder that needs no server
times             times in a blog's time zone and language
translations      the texts of the interface
embed_players     the players of known providers; plain_text: the text of HTML
"""
