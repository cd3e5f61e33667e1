"""Grass."""
from meadow import HEIGHT, WIDTH, between


class Tuft:
    __slots__ = ("x", "y", "height")

    def __init__(self, x, y):
        self.x = x
        self.y = y
        self.height = between(1, 9)

    def __repr__(self):
        return f"tuft at {self.x}, {self.y}"


tufts = [Tuft(x, y) for y in range(HEIGHT) for x in range(WIDTH)]
