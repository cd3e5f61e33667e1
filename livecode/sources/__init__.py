"""Text to Outline to Changes: pure functions on plain data; nothing here touches a live object."""
