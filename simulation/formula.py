"""Arrival rates as formulas of time: arithmetic and a few functions, nothing else."""

from __future__ import annotations

import ast
import operator

import numpy as np

_OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.USub: operator.neg, ast.UAdd: operator.pos,
}
_FUNCTIONS = {"sin": np.sin, "cos": np.cos, "exp": np.exp, "sqrt": np.sqrt, "abs": np.abs, "min": np.minimum, "max": np.maximum}
_CONSTANTS = {"pi": np.pi}


def evaluate(text: str, t: np.ndarray) -> np.ndarray:
    """The formula's value at each t. ValueError names what it does not know."""
    try:
        tree = ast.parse(text, mode="eval")
        with np.errstate(all="ignore"):
            values = np.broadcast_to(np.asarray(_value(tree.body, t), float), t.shape)
    except (SyntaxError, TypeError, RecursionError, MemoryError, OverflowError, ZeroDivisionError):
        raise ValueError('is no formula; write it like "100 + 20*sin(2*pi*t/480)"') from None
    return values


def _value(node: ast.AST, t: np.ndarray):
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return np.float64(node.value)
    if isinstance(node, ast.Name) and node.id == "t":
        return t
    if isinstance(node, ast.Name) and node.id in _CONSTANTS:
        return _CONSTANTS[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left, t), _value(node.right, t))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.operand, t))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS and not node.keywords:
        return _FUNCTIONS[node.func.id](*(_value(a, t) for a in node.args))
    raise ValueError(f"a formula may hold numbers, t, pi, + - * / **, and {', '.join(sorted(_FUNCTIONS))}")
