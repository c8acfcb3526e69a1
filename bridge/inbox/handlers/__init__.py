"""One module for each kind of activity; `inbox.receive` has the table."""
