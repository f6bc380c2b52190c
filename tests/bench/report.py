"""Output of the bench: sections, tables, ratios."""

MS = 1e3


def say(line=""):
    print(line, flush=True)


def section(title):
    say()
    say(title)
    say("-" * len(title))


def table(header, rows):
    texts = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[i]) for row in texts) for i in range(len(header))]
    for row in texts:
        say("  ".join([row[0].ljust(widths[0])] + [
            cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]))


def ratio(part, whole):
    return f"{part / whole:.2f}" if whole else "-"


def ms(seconds):
    return f"{seconds * MS:.2f}"
