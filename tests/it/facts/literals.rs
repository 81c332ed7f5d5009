//! Whatever a value is, its literal is that value to the engine, and a name's identifier is that name.

use std::fmt::Write as _;

use houseplan::{
    connect::clickhouse::Statement,
    template::{Dialect, Scope, Template, identifier},
};
use serde_json::{Value, json};

use crate::support::stage::Stage;

/// Numbers that are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).expect("a small number")
    }

    /// What quoting goes wrong with, more often than chance would have it.
    fn text(&mut self) -> String {
        const PIECES: &[&str] = &[
            "'",
            "''",
            "\"",
            "`",
            "``",
            "\\",
            "\\\\",
            "\\'",
            "\\n",
            "\\x41",
            "\n",
            "\r",
            "\t",
            "\0",
            "\u{8}",
            "\u{c}",
            "\u{b}",
            "\u{7}",
            "\u{1b}",
            "--",
            "/*",
            "*/",
            "#",
            ";",
            "{{",
            "}}",
            "{x:String}",
            "$1",
            "$$",
            "$a$",
            "?",
            "%",
            "\u{feff}",
            "\u{a0}",
            "\u{2028}",
            "é",
            "ß",
            "日本",
            "🦀",
            "👩‍👩‍👧",
            "e\u{301}",
            "\u{202e}",
            "a",
            "Z",
            "0",
            " ",
            "‘",
            "’",
            "“",
            "−",
        ];
        let length = self.throw(12);
        (0..length)
            .map(|_| match self.throw(4) {
                0 => char::from_u32(u32::try_from(self.throw(0x800)).expect("small")).unwrap_or('x').to_string(),
                _ => PIECES[self.throw(PIECES.len())].to_owned(),
            })
            .collect()
    }
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02X}");
        hex
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_literal_is_its_value_and_an_identifier_its_name() {
    let stage = Stage::set().await;
    let template =
        Template::parse("{{ item }} AS {{ item | ident }}, hex({{ item }})", Dialect::Sql).expect("a template");
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for _ in 0..8 {
        let mut texts: Vec<String> = (0..60).map(|_| dice.text()).filter(|text| identifier(text).is_ok()).collect();
        texts.sort();
        texts.dedup();
        let columns: Vec<String> = texts
            .iter()
            .enumerate()
            .map(|(at, text)| {
                let item = json!(text);
                let scope = Scope { item: Some(&item), ..Scope::default() };
                let rendered = template.render(&scope).unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
                format!("{} AS `hex of {at}`", rendered.text())
            })
            .collect();
        let rows = stage.run(&stage.source, &format!("SELECT {}", columns.join(", "))).await;
        let [row] = rows.0.as_slice() else { panic!("{rows:?}") };
        for (at, text) in texts.iter().enumerate() {
            assert_eq!(row.get(text.as_str()), Some(&json!(text)), "{text:?}");
            assert_eq!(row[&format!("hex of {at}")], json!(hex(text)), "{text:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_string_with_a_nul_and_a_list_and_a_number_are_their_values() {
    let stage = Stage::set().await;
    let mut dice = Dice(77);
    let texts: Vec<String> = (0..200).map(|_| dice.text()).chain(["\0".to_owned(), "\\0\0\\".to_owned()]).collect();
    let template =
        Template::parse("SELECT arrayMap(text -> hex(text), [{{ item | literals }}])", Dialect::Sql).expect("one");
    let item = json!(texts);
    let sql = template.render(&Scope { item: Some(&item), ..Scope::default() }).expect("rendered");
    let rows = stage.source.client.query(&Statement::read(sql.text())).await.expect("read");
    let expected: Vec<String> = texts.iter().map(|text| hex(text)).collect();
    assert_eq!(rows.scalar(), Some(&json!(expected)));

    let template = Template::parse("SELECT toString({{ item }})", Dialect::Sql).expect("a template");
    let numbers: [(Value, &str); 7] = [
        (json!(u64::MAX), "18446744073709551615"),
        (json!(i64::MIN), "-9223372036854775808"),
        (json!(0.1), "0.1"),
        (json!(-0.5), "-0.5"),
        (json!(1e300), "1e300"),
        (json!(true), "true"),
        (json!(0), "0"),
    ];
    for (item, expected) in numbers {
        let sql = template.render(&Scope { item: Some(&item), ..Scope::default() }).expect("rendered");
        assert_eq!(stage.run(&stage.source, sql.text()).await.scalar(), Some(&json!(expected)));
    }
}
