"""What editors do: make, edit, publish, schedule, delete. The API and the schedule both come through here.

blogs, posts   what callers may do with them
inputs         what editors send, checked
transitions    which statuses may follow, and what a revision becomes: pure
commit         a change of posts, written down with the note of when it is due
schedule       brings scheduled posts out on time
audit_log      writes down who did what
"""
