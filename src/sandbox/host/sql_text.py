"""Just enough of ClickHouse's lexer to look at a statement without understanding it."""

import re
from typing import Iterator, NamedTuple, Optional


class Token(NamedTuple):
    kind: str  # "word", "string", "name" (quoted) or "symbol"
    text: str
    start: int
    end: int

    def is_word(self, word: str) -> bool:
        return self.kind == "word" and self.text.upper() == word


_TOKEN = re.compile(
    r"""(?P<skip>\s+|--[^\n]*|\#[ !][^\n]*)
    |(?P<comment>/\*)
    |(?P<string>'(?:[^'\\]|\\.|'')*'?)
    |(?P<name>`(?:[^`\\]|\\.|``)*`?|"(?:[^"\\]|\\.|"")*"?)
    |(?P<word>\w+)
    |(?P<symbol>.)""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


def tokens(sql: str) -> Iterator[Token]:
    """The tokens of `sql` without white space and comments."""
    position = 0
    while match := _TOKEN.match(sql, position):
        position = match.end()
        if match.lastgroup == "comment":
            position = _end_of_comment(sql, position)
        elif match.lastgroup not in (None, "skip"):
            yield Token(str(match.lastgroup), match.group(), match.start(), match.end())


def _end_of_comment(sql: str, position: int) -> int:
    """Comments nest, as in the SQL standard."""
    depth = 1
    while depth and (edge := _COMMENT_EDGE.search(sql, position)):
        depth += 1 if edge.group() == "/*" else -1
        position = edge.end()
    return position if not depth else len(sql)


def first_word(sql: str) -> str:
    for token in tokens(sql):
        if token.text != "(":
            return token.text.upper() if token.kind == "word" else ""
    return ""


def second_statement(sql: str) -> Optional[int]:
    """Where a second statement begins, after a `;`."""
    ended = False
    for token in tokens(sql):
        if ended:
            return token.start
        ended = token.text == ";"
    return None


def literal(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def identifier(value: str) -> str:
    return "`" + value.replace("\\", "\\\\").replace("`", "\\`") + "`"


def unquoted(token: Token) -> str:
    """The name that a token is, without its quotes."""
    if token.kind != "name":
        return token.text
    quote = token.text[0]
    return re.sub(r"\\(.)", r"\1", token.text[1:-1].replace(quote * 2, quote), flags=re.DOTALL)
