"""What a person does, and what must be true afterwards; one file for each subject."""
