"""Pictures that newsrooms send: checked by content, made anew without what they carry along, kept by their hash.

intake    takes pictures in, a few at a time
picture   makes the files that readers get
storage   keeps them, in a folder or a bucket
"""
