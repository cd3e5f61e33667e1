"""Evolution: layouts of classes, and their live instances brought from one to the next."""
