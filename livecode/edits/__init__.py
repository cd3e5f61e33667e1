"""Changes to live objects: the Transaction and how each kind of live thing is changed."""
