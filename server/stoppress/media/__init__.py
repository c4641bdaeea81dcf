"""Uploaded pictures: checked by content, encoded again without metadata, stored under the hash of their content.

intake    accepts pictures, a few at a time
picture   makes the files that readers get
storage   stores the files in a folder or a bucket
"""
