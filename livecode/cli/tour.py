"""What `livecode demo` shows, as data: a small module, and the steps taken with it.

A step runs cells and saves files. Each cell says what must come of it, so that the tour is checked
as it goes: the exact value, what livecode must report, what the cell must show, with which exception it
must fail. A cell of which nothing is said must show nothing, and succeed.
"""

from __future__ import annotations

from dataclasses import dataclass

SHOP = '''\
"""A small shop."""

VAT = 0.20
SOLD = []


class Basket:
    def __init__(self, owner):
        self.owner = owner
        self.prices = []

    def add(self, price):
        self.prices.append(price)
        SOLD.append(price)
        return self

    def total(self):
        return sum(self.prices)


def receipt(basket):
    return f"{basket.owner} owes {basket.total()}"
'''

FILES = {"shop.py": SHOP}


@dataclass(frozen=True)
class Run:
    """Run a cell. `reports`: parts of what livecode says of an edit or a break; `shows`: of all output."""

    cell: str
    value: str | None = None
    reports: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    fails: str = ""
    follows: str = ""


class Save:
    """Save a file with some of its text replaced: pairs of old and new."""

    def __init__(self, file: str, *replaced: tuple[str, str]) -> None:
        self.file = file
        self.replaced = replaced


class Step:
    """One thing to show: cells run and files saved, in order."""

    def __init__(self, title: str, *actions: Run | Save) -> None:
        self.title = title
        self.actions = actions


ALIVE = 'totals[0](), handlers["receipt"](ada), VAT'

HOLD = f"""\
ada = shop.Basket("Ada").add(10).add(30)
totals = [ada.total]
handlers = {{"receipt": receipt}}
{ALIVE}"""

COUNT = """\
    def count(self):
        return len(self.prices)

"""

DEFINED = """\
from functools import cache, partial

class Till:
    def __init__(self):
        self.taken = 0

    def pay(self, basket):
        self.taken += basket.total()
        return self.taken

@cache
def points(price):
    return price // 10"""

USED = """\
till = Till()
pay, points_of_90 = till.pay, partial(points, 90)
pay(ada), points_of_90()"""

DEFINED_AGAIN = """\
class Till:
    def __init__(self):
        self.taken = 0

    def pay(self, basket):
        self.taken += basket.total()
        return f"{self.taken:.0f} taken"

@cache
def points(price):
    return price // 5"""

JOB = """\
def euro(price):
    return float(price)

def bill(prices):
    with open("bill.txt", "w") as file:
        for number, price in enumerate(prices, 1):
            print(number, euro(price), file=file)
    return number, file.closed"""

EURO_AGAIN = """\
def euro(price):
    return float(price.replace(",", "."))"""

STEPS = (
    Step(
        "Load the extension, and import a module",
        Run("%load_ext livecode\nimport shop\nfrom shop import VAT, receipt"),
    ),
    Step(
        "Hold on to things: an instance, a bound method, a callback, a number",
        Run(HOLD, value="(40, 'Ada owes 40', 0.2)"),
    ),
    Step(
        "Save the module with three definitions edited",
        Save(
            "shop.py",
            ("VAT = 0.20", "VAT = 0.25"),
            ("return sum(self.prices)", "return sum(self.prices) * (1 + VAT)"),
            ("owes {basket.total()}", "pays {basket.total():.2f}"),
        ),
        Run(
            ALIVE,
            value="(50.0, 'Ada pays 50.00', 0.25)",
            reports=("shop",),
            follows="the bound method in the list, the callback, the imported number",
        ),
        Run(
            "type(ada) is shop.Basket, shop.SOLD",
            value="(True, [10, 30])",
            follows="the class is the same object; SOLD = [] was not evaluated again",
        ),
    ),
    Step(
        "Add a method to the class of a living instance, and take it away again",
        Save("shop.py", ("    def total(self):", COUNT + "    def total(self):")),
        Run("ada.count()", value="2", reports=("shop",), follows="ada has the new method"),
        Save("shop.py", (COUNT, "")),
        Run(
            'hasattr(ada, "count")',
            value="False",
            reports=("shop",),
            follows="the method is gone",
        ),
    ),
    Step(
        "Cells are followed as files are: define a class and a cached function",
        Run(DEFINED),
        Run(USED, value="(50.0, 9)"),
    ),
    Step(
        "Define both again, in another cell",
        Run(DEFINED_AGAIN),
        Run(
            "pay(ada), points_of_90(), isinstance(till, Till)",
            value="('100 taken', 18, True)",
            follows="the bound method, the partial (its cache was cleared), the instance",
        ),
    ),
    Step(
        "Save a file that does not parse, then mend it",
        Save("shop.py", ("def receipt(basket):", "def receipt(basket:")),
        Run(
            "receipt(ada)",
            value="'Ada pays 50.00'",
            reports=("shop.py", "21"),
            follows="nothing changed, and the message says where it failed",
        ),
        Run("receipt(ada)", value="'Ada pays 50.00'", follows="it is said once"),
        Save("shop.py", ("def receipt(basket:", "def receipt(basket):"), ("pays", "paid")),
        Run(
            "receipt(ada)",
            value="'Ada paid 50.00'",
            reports=("shop", "receipt"),
            follows="the next good save heals it",
        ),
    ),
    Step(
        "Take the last edit back",
        Run("%liveundo", shows=("receipt",)),
        Run("receipt(ada)", value="'Ada pays 50.00'", follows="the program is as before"),
    ),
    Step(
        "Ask what is defined, and evaluate one line of a file",
        Run("%livedefs shop", shows=("Basket", "total", "receipt", "VAT", "SOLD")),
        Run("shop.SOLD", value="[10, 30]"),
        Run("%liveeval -f shop.py:4"),
        Run("shop.SOLD", value="[]", follows="what you ask for is evaluated, changed or not"),
        Run("%liveeval -m shop round(100 * VAT)", value="25", follows="in the module"),
    ),
    Step(
        "A computation fails: it is suspended where it failed, and the kernel is free",
        Run(JOB),
        Run(
            'bill(iter(["10", "30", "2,5", "5"]))',
            fails="ValueError",
            reports=("suspended in euro",),
        ),
        Run(
            "%%frame 1\nnumber, file.closed",
            value="(3, False)",
            follows="this ran in the frame of bill: item 3 of 4 has failed, the file is open",
        ),
    ),
    Step(
        "Mend the function, and resume",
        Run(EURO_AGAIN),
        Run("%resume", value="(4, True)", follows="the loop went on, and the file was closed"),
        Run(
            'open("bill.txt").read().split()',
            value="['1', '10.0', '2', '30.0', '3', '2.5', '4', '5.0']",
            follows="no item was lost or repeated",
        ),
    ),
)
