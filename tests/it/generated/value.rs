//! The types of columns, and what is put into them.

/// A type, and an expression of `number` that gives its values: the ends of its range, what is empty, and what is odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    pub name: &'static str,
    pub value: &'static str,
    /// A constant that a DEFAULT may have.
    pub default: Option<&'static str>,
}

const fn kind(name: &'static str, value: &'static str) -> Kind {
    Kind { name, value, default: None }
}

const fn with_default(name: &'static str, value: &'static str, default: &'static str) -> Kind {
    Kind { name, value, default: Some(default) }
}

pub const KINDS: &[Kind] = &[
    with_default("UInt8", "number", "7"),
    with_default("UInt64", "18446744073709551615 - number", "18446744073709551615"),
    with_default("Int64", "toInt64(number) - 9223372036854775807", "-9223372036854775808"),
    kind(
        "UInt256",
        "toUInt256('115792089237316195423570985008687907853269984665640564039457584007913129639935') - number",
    ),
    kind("Int128", "toInt128('-170141183460469231731687303715884105728') + number"),
    with_default("Float32", "[nan, inf, -inf, -0., 0., 1e-45, 3.4028235e38][number % 7 + 1]", "0.1"),
    with_default("Float64", "[nan, inf, -inf, -0., 0.1, 4.9e-324, 1.7976931348623157e308][number % 7 + 1]", "1e300"),
    with_default("Decimal(9, 2)", "toDecimal32('-9999999.99', 2)", "0.01"),
    kind("Decimal(38, 10)", "toDecimal128('9999999999999999999999999999.9999999999', 10)"),
    kind(
        "Decimal(76, 38)",
        "toDecimal256('12345678901234567890123456789012345678.00000000000000000000000000000000000001', 38)",
    ),
    with_default("String", "unhex(repeat(hex(toUInt8(number)), number % 5))", r"'it\'s \\ \t \0 {x} % 日本'"),
    kind("FixedString(3)", "toFixedString(unhex(hex(toUInt8(number))), 3)"),
    with_default("Date", "toDate(number * 700)", "'2149-06-06'"),
    kind("Date32", "toDate32('1900-01-01') + number"),
    with_default("DateTime", "toDateTime(number * 16909320)", "'2038-01-19 03:14:08'"),
    kind("DateTime('Asia/Kathmandu')", "toDateTime(1774746000 + number * 1800)"),
    kind("DateTime64(9, 'UTC')", "toDateTime64('1900-01-01 00:00:00.000000001', 9, 'UTC') + number"),
    with_default(
        "UUID",
        "toUUID(concat('00000000-0000-0000-0000-', leftPad(toString(number), 12, '0')))",
        "'61f0c404-5cb3-11e7-907b-a6006ad3dba0'",
    ),
    kind("IPv4", "toIPv4('255.255.255.255')"),
    kind("IPv6", "toIPv6('::ffff:1.2.3.4')"),
    kind("Bool", "number % 2 = 0"),
    with_default(
        r"Enum8('' = -128, 'it\'s' = 0, 'a = b, c' = 127)",
        r"['', 'it\'s', 'a = b, c'][number % 3 + 1]",
        "'a = b, c'",
    ),
    with_default("Nullable(String)", "if(number % 3 = 0, NULL, if(number % 3 = 1, '', 'NULL'))", "NULL"),
    kind("Nullable(Decimal(18, 4))", "if(number % 2 = 0, NULL, toDecimal64('0.0001', 4))"),
    with_default("LowCardinality(String)", "toString(number % 3)", "'low'"),
    kind("LowCardinality(Nullable(String))", "if(number % 3 = 0, NULL, toString(number % 2))"),
    kind("Array(Nullable(String))", "arrayMap(x -> if(x % 2 = 0, NULL, toString(x)), range(number % 4))"),
    kind("Array(Array(UInt64))", "[range(number % 3), []]"),
    kind("Map(String, Array(UInt8))", "map('', [1, 2], 'it\\'s', range(toUInt8(number % 3)))"),
    kind("Tuple(a UInt8, `b c` Nullable(String))", "tuple(toUInt8(number), if(number % 2 = 0, NULL, 'x'))"),
    kind("Nested(k UInt64, `v w` String)", "range(number % 3)"),
    kind("SimpleAggregateFunction(max, UInt64)", "number"),
    kind("AggregateFunction(uniq, UInt64)", "uniqState(number)"),
    kind("AggregateFunction(quantileTDigest, Float64)", "quantileTDigestState(number / 3)"),
    kind("AggregateFunction(groupArray, String)", "groupArrayState(toString(number))"),
    kind("JSON", "concat('{\"a\": ', toString(number), ', \"b\": {\"c\": [1, null, \"x\"]}, \"d\": 1.0}')"),
    kind(
        "Variant(UInt64, String)",
        "if(number % 2 = 0, number::Variant(UInt64, String), 'x'::Variant(UInt64, String))",
    ),
    kind("Dynamic", "multiIf(number % 3 = 0, number::Dynamic, number % 3 = 1, 'x'::Dynamic, [number]::Dynamic)"),
    kind("Point", "(number, -number)::Point"),
];
