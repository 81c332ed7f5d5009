"""What the engine, or the host in its place, refuses a statement with."""

import re

_CODE = re.compile(r"Code: (\d+)\. DB::\w*Exception: ")


class ServerError(Exception):
    """An exception as ClickHouse words it: `Code: 60. DB::Exception: ... (UNKNOWN_TABLE)`."""

    def __init__(self, text: str) -> None:
        text = text.strip()
        code = _CODE.match(text)
        if code is None:
            text = f"Code: 1002. DB::Exception: {text} (UNKNOWN_EXCEPTION)"
        names = re.findall(r"\(([A-Z][A-Z0-9_]{2,})\)", text)
        super().__init__(text)
        self.text = text
        self.code = int(code.group(1)) if code else 1002
        self.name = names[-1] if names else ""
