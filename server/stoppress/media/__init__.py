"""Uploaded pictures: checked by content, encoded again without metadata, stored under the hash of their content.

intake            accepts pictures, a few at a time
decoder_process   starts a process for each picture, and kills it
decoding          runs in that process, within limits on memory and CPU time
picture           makes the files that readers get
scans             counts the scans of a JPEG before it is decoded; colour_profile: checks ICC profiles
storage           stores the files in a folder or a bucket
"""
