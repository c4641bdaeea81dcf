"""The actions of editors: create, edit, publish, schedule, delete. The API and the schedule both use this package.

blogs, posts   the actions on blogs and posts, with the check of the caller's scopes; new_posts: creates posts
inputs         the models of what editors send, and their validation; input_bounds: how large lists and objects may be
json_text      parses the JSON of a request's body
content_workers  parses and sanitises large input in child processes
transitions    which status may follow which, and the kind of change that readers get
next_revision  whether a patch makes a revision, and the next revision of a post; required_content: what it must say
visible_fields what an answer shows of a post that its caller may not read
new_ids        ids for new blogs and posts
picture_rules  where pictures may come from, and that they have a description
idempotency    gives a retry of a request the first answer
revision_check the check of the revision that a caller expects; conflict_retries: retries after another edit came first
post_commits   commits changes of posts, with the note of when a scheduled post is due
schedule       the rules for `publish_at`; publishes scheduled posts on time
audit_writer   writes the audit log
"""
