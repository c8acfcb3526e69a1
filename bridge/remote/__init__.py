"""THE ONLY DOOR OUT: every request that Rundbrief makes to another server passes here.

`guard` judges addresses, `door` holds the one client, `budget` limits what one cause may cost, `hops` follows
redirects, `documents` reads ActivityStreams documents and pages, `actors` finds people and their keys, `webfinger`
finds them by handle.
"""
