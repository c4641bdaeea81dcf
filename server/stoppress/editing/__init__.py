"""What editors do: make, edit, publish, schedule, delete. The API and the schedule both come through here."""
