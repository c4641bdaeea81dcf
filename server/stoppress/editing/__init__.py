"""What editors do: make, edit, publish, schedule, delete. The API and the schedule both come through here.

blogs, posts   what callers may do with them
inputs         what editors send, checked
transitions    which moves a post may make, and what readers are told of them
next_revision  the next revision of a post; required_content: what it must say; new_ids: for what has none
revision_check the revision that a caller expects; conflict_retries: an edit made anew when another came first
commit         a change of posts, written down with the note of when it is due
schedule       brings scheduled posts out on time
audit_writer   writes down who did what
"""
