"""Pictures that newsrooms send: checked by content, made anew without what they carry along, kept by their hash."""
