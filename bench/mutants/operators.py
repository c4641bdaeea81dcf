"""Small changes that tests should notice: of Python by its syntax tree, of Lua line by line. No I/O."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """`module` with the characters from `start` to `end` replaced by `text`."""

    module: str
    start: int
    end: int
    text: str
    line: int
    was: str  # the lines that change, in one line
    becomes: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line}\n    - {self.was}\n    + {self.becomes}"


def mutant(module: str, source: str, start: int, end: int, text: str) -> Mutant:
    """One change of `source`, with the lines that it changes."""
    first = source.rfind("\n", 0, start) + 1
    last = source.find("\n", end)
    last = len(source) if last < 0 else last
    was = " ".join(source[first:last].split())
    becomes = " ".join((source[first:start] + text + source[end:last]).split())
    return Mutant(module, start, end, text, source.count("\n", 0, start) + 1, was, becomes)


# Python

_COMPARISONS: dict[type[ast.cmpop], ast.cmpop] = {
    ast.Lt: ast.LtE(), ast.LtE: ast.Lt(), ast.Gt: ast.GtE(), ast.GtE: ast.Gt(), ast.Eq: ast.NotEq(),
    ast.NotEq: ast.Eq(), ast.Is: ast.IsNot(), ast.IsNot: ast.Is(), ast.In: ast.NotIn(), ast.NotIn: ast.In(),
}  # fmt: skip
_OPERATORS: dict[type[ast.operator], ast.operator] = {
    ast.Add: ast.Sub(), ast.Sub: ast.Add(), ast.Mult: ast.FloorDiv(), ast.Div: ast.Mult(),
    ast.FloorDiv: ast.Mult(), ast.Mod: ast.Mult(), ast.BitOr: ast.BitAnd(), ast.Pow: ast.Mult(),
}  # fmt: skip
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


_SILENT = ("_log.", "_log =", "__slots__ =", "'", '"')


def changed(node: ast.AST, **fields: object) -> str:
    """A copy of the expression or statement with these fields, as text."""
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    text = ast.unparse(other)
    return f"({text})" if isinstance(node, ast.expr) else text


def _negated_by_itself(test: ast.expr) -> bool:
    """Whether what is done to the expression alone negates it."""
    match test:
        case ast.UnaryOp(op=ast.Not()) | ast.Compare(ops=[ast.Eq() | ast.NotEq() | ast.Is() | ast.IsNot()]):
            return True
        case ast.Compare(ops=[ast.In() | ast.NotIn()]):
            return True
    return False


def alternatives(node: ast.AST, in_raise: bool) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Replacements for each node of a syntax tree."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in _COMPARISONS:
            yield node, changed(node, ops=[_COMPARISONS[type(op)]])
        case ast.BoolOp(op=op, values=values):
            yield node, changed(node, op=ast.And() if isinstance(op, ast.Or) else ast.Or())
            yield from ((node, changed(value)) for value in values)
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _OPERATORS:
            yield node, changed(node, op=_OPERATORS[type(op)])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield node, changed(operand)
        case ast.IfExp(body=body, orelse=orelse):
            yield node, changed(node, body=orelse, orelse=body)
        case ast.Constant(value=bool(value)):
            yield node, str(not value)
        case ast.Constant(value=int(value)) | ast.Constant(value=float(value)):
            yield node, repr(value + 1)
        case ast.Constant(value=str(value)) if not in_raise:
            yield node, repr(value + "!")
        case ast.Name(id=name) if name in _NAMES:
            yield node, _NAMES[name]
    match node:
        case ast.If(test=test) | ast.While(test=test) if not _negated_by_itself(test):
            yield test, f"(not {changed(test)})"
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.AugAssign() | ast.Raise():
            yield node, "pass"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield node, "pass"
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield node, "return None"
        case ast.Continue():
            yield node, "break"
        case ast.ExceptHandler(body=[first, *_]):
            yield first, f"raise; {ast.unparse(first)}" if not hasattr(first, "body") else "raise"


def nodes(node: ast.AST, in_raise: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Nodes that behaviour may depend on: no annotation, decorator, docstring, import or log line."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr):
        return
    if isinstance(node, ast.Expr | ast.Assign) and ast.unparse(node).startswith(_SILENT):
        return
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Literal":
        return
    yield node, in_raise
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params", "pattern"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from nodes(child, in_raise or isinstance(node, ast.Raise))


def python_mutants(module: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a Python module."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line.encode()))
    raw = source.encode()

    def at(line: int, column: int) -> int:
        return len(raw[: starts[line - 1] + column].decode())  # ast counts bytes

    for node, in_raise in nodes(ast.parse(source)):
        for found, text in alternatives(node, in_raise):
            begin = at(found.lineno, found.col_offset)
            end = at(found.end_lineno or 0, found.end_col_offset or 0)
            made = mutant(module, source, begin, end, text)
            try:
                if ast.dump(ast.parse(source[:begin] + text + source[end:])) != ast.dump(ast.parse(source)):
                    yield made
            except SyntaxError:
                pass  # a replacement that can't stand there


# Lua

_LUA: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"==", "~="), (r"~=", "=="), (r"\band\b", "or"), (r"\bor\b", "and"), (r"\bnot ", ""), (r" > ", " >= "),
    (r" \+ ", " - "), (r" - ", " + "), (r" / ", " * "), (r"(?<![\w%.'-])\d+(?![\w'])", lambda m: str(int(m[0]) + 1)),
    (r"'[\w-]*'", lambda m: f"'{m[0][1:-1]}!'"), (r"^ *redis\.call\(.*\)$", "do end"),
    (r"^ *(?!local)\w+(\[.+\])? = .*$", "do end"), (r"if (?=.* then )", "if not "),
)  # fmt: skip


def lua_mutants(module: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a Lua script, line by line."""
    begin = 0
    for line in source.splitlines(keepends=True):
        code = line.partition("--")[0].rstrip("\n")
        for pattern, replacement in _LUA:
            for match in re.finditer(pattern, code):
                text = replacement if isinstance(replacement, str) else replacement(match)
                yield mutant(module, source, begin + match.start(), begin + match.end(), text)
        begin += len(line)
