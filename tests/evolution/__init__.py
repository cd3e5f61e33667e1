"""Evolution: layouts of classes and their differences."""
