"""Calling a function of a user's own, so that what goes wrong is one sentence."""

import inspect
import logging
from collections.abc import Mapping
from typing import Any

from biasinit.errors import OwnCodeError
from biasinit.plugins.resolve import resolve, said

log = logging.getLogger(__name__)


def call(text: str, *arguments: object, parameters: Mapping[str, object], given: str) -> Any:  # noqa: ANN401  # whatever the function returns
    """Return what the object of a reference returns.

    Args:
        text: the reference.
        arguments: what the program hands over.
        parameters: what the study file names as 'parameters', by keyword.
        given: what ``arguments`` are, in words.

    Raises:
        OwnCodeError: the object cannot be had, cannot be called so, or fails.

    """
    function = resolve(text)
    return call_function(
        function, *arguments, parameters=parameters, given=given, words=f"'object: {text}'"
    )


def call_function(
    function: object,
    *arguments: object,
    parameters: Mapping[str, object],
    given: str,
    words: str,
) -> Any:  # noqa: ANN401  # whatever the function returns
    """Return what a function in hand returns, as ``call`` does; ``words`` name it."""
    if not callable(function):
        raise OwnCodeError(
            f"{words} must be a function {given}, got {function!r}. Name a function."
        )
    try:
        inspect.signature(function).bind(*arguments, **parameters)
    except TypeError as error:
        raise OwnCodeError(
            f"{words} must be a function {given} and takes the 'parameters' by keyword: "
            f"{error}. Correct 'parameters', or the function."
        ) from None
    try:
        return function(*arguments, **parameters)
    except Exception as error:
        log.exception("%s failed:", words)  # where in the function, for who wrote it
        raise OwnCodeError(
            f"{words} failed ({said(error)}). Mend it; the log says where."
        ) from error
