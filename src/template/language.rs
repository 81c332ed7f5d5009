//! The words that an expression may use: the language's reference, and an allow-list.

/// The first names of what an expression reads.
pub const NAMESPACES: &[&str] = &["inputs", "steps", "run", "member", "item", "row", "rows", "result"];

/// Namespaces that are no values by themselves: only what stands under them is.
pub(super) const CONTAINERS: &[&str] = &["inputs", "steps", "run"];

/// The filters, ours first.
pub const FILTERS: &[&str] = &[
    "ident",
    "literal",
    "literals",
    "abs",
    "batch",
    "bool",
    "chain",
    "count",
    "dictsort",
    "first",
    "float",
    "format",
    "groupby",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "tojson",
    "trim",
    "unique",
    "upper",
    "zip",
];

/// The tests, as in `x is none`.
pub const TESTS: &[&str] = &[
    "boolean",
    "divisibleby",
    "endingwith",
    "eq",
    "even",
    "false",
    "float",
    "ge",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
];

/// The functions.
pub const FUNCTIONS: &[&str] = &["dict", "range"];

pub(super) const KEYWORDS: &[&str] =
    &["and", "or", "not", "in", "is", "if", "else", "true", "True", "false", "False", "none", "None"];
