"""What inferring one type may ask of inferring others. Knows no form of expression."""

from __future__ import annotations

from abc import ABC, abstractmethod

from noctule.indexer.parse.facts.model import Class, Expr, Function
from noctule.indexer.resolve.program import Program
from noctule.indexer.resolve.types import NAMED, Found, Ref, Type


class Inference(ABC):
    """What the parts of type inference ask of the whole: they need each other at every step."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.how = NAMED
        """The weakest step since it was last set."""

    def class_(self, ref: Ref) -> Class:
        """Return a class."""
        return self.program.of(ref[0]).classes[ref[1]]

    def function(self, ref: Ref) -> Function:
        """Return a function."""
        return self.program.of(ref[0]).functions[ref[1]]

    @abstractmethod
    def infer(self, file: int, scope: int, expression: Expr, row: int) -> Type:
        """Return the type of an expression at a line of a scope."""

    @abstractmethod
    def infer_declared(self, file: int, scope: int, expression: Expr) -> Type:
        """Return the type of an object whose declared type is an expression."""

    @abstractmethod
    def alias_type(self, ref: Ref) -> Type:
        """Return the type that an alias with type parameters stands for, as far as its own declaration says."""

    @abstractmethod
    def member(self, type_: Type, name: str) -> Type:
        """Return the type of a member of a value."""

    @abstractmethod
    def members(self, option: Type, name: str) -> list[Found]:
        """Return where a member of one type is declared, with the type arguments that hold there."""

    @abstractmethod
    def return_type(self, ref: Ref, owner: Type, given: dict[str, Type]) -> Type:
        """Return what calling a function gives, taken from an object or class `owner`."""
