"""Runs a command in a terminal until a text is on its screen, and writes that screen as a page:

    terminal.py PAGE.html PATTERN COMMAND...

The command is ended then. Understood is what progress bars use: line feeds, moves of the cursor, clearing, and colours.
"""

import html
import os
import pty
import re
import signal
import struct
import sys
import termios
from fcntl import ioctl

ROWS, COLUMNS = 40, 110
# The eight colours, plain and bright, on a dark ground.
PALETTE = ["#5c6370", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#dfe3ea"]
PAGE = """<!doctype html><meta charset="utf-8"><style>
html {{ background: #18191e; }}
pre {{ margin: 21px 26px; color: #dfe3ea; font: 15.1px/21.7px "DejaVu Sans Mono", monospace; }}
</style><pre>{}</pre>
"""
TOKEN = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\x1b.|([\r\n])|([^\x1b\r\n]+)", re.DOTALL)


class Screen:
    """Lines of cells, each a letter and its style."""

    def __init__(self):
        self.lines, self.row, self.column, self.style = [[]], 0, 0, ""

    def feed(self, text):
        for arguments, command, control, letters in TOKEN.findall(text):
            if letters:
                self.write(letters)
            elif control == "\r":
                self.column = 0
            elif control == "\n":
                self.row += 1
            elif command:
                self.command(command, arguments)

    def line(self):
        while len(self.lines) <= self.row:
            self.lines.append([])
        return self.lines[self.row]

    def write(self, letters):
        for letter in letters:
            # A letter behind the last column is what wraps a line, and not the one in it.
            if self.column == COLUMNS:
                self.row, self.column = self.row + 1, 0
            line = self.line()
            line.extend([(" ", "")] * (self.column + 1 - len(line)))
            line[self.column] = (letter, self.style)
            self.column += 1

    def command(self, command, arguments):
        numbers = [int(number) for number in arguments.split(";") if number.isdigit()]
        count = max(numbers[0], 1) if numbers else 1
        if command == "A":
            self.row = max(0, self.row - count)
        elif command == "B":
            self.row += count
        elif command == "C":
            self.column += count
        elif command == "D":
            self.column = max(0, self.column - count)
        elif command == "G":
            self.column = count - 1
        elif command == "K":
            line = self.line()
            del line[0 if numbers[:1] == [2] else self.column :]
        elif command == "J":
            del self.line()[self.column :]
            del self.lines[self.row + 1 :]
        elif command == "m":
            self.colour(numbers or [0])

    def colour(self, numbers):
        for number in numbers:
            if number in (0, 39):
                self.style = ""
            elif number == 1:
                self.style += "font-weight:600;"
            elif number == 2:
                self.style += "opacity:.6;"
            elif number in range(30, 38) or number in range(90, 98):
                self.style += f"color:{PALETTE[number % 10]};"

    def text(self):
        return "\n".join("".join(letter for letter, _ in line) for line in self.lines)

    def html(self):
        def cell(letter, style):
            letter = html.escape(letter)
            return f'<span style="{style}">{letter}</span>' if style else letter

        return "\n".join("".join(cell(*one) for one in line) for line in self.lines)


def main():
    page, pattern, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    process, terminal = pty.fork()
    if process == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execvp(command[0], command)
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    screen = Screen()
    screen.feed("$ " + " ".join(["kiln", *command[1:]]) + "\r\n")
    rest = b""
    while not re.search(pattern, screen.text()):
        try:
            rest += os.read(terminal, 65536)
        except OSError:
            sys.exit(f"{command[0]} ended before its screen had {pattern!r}:\n{screen.text()}")
        # Up to the last whole character and command.
        text = re.sub(r"\x1b(\[[0-9;?]*)?$", "", rest.decode(errors="ignore"))
        rest = rest[len(text.encode()) :]
        screen.feed(text)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    with open(page, "w", encoding="utf-8") as file:
        file.write(PAGE.format(screen.html()))


if __name__ == "__main__":
    main()
