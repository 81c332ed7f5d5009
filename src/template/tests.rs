use indexmap::indexmap;
use serde_json::json;

use super::*;
use crate::sql;
use crate::template::{Expression, InputValue, InputValues, RunFacts};

fn inputs() -> InputValues {
    [("name", json!("it's")), ("n", json!(-1)), ("database", json!("lang`smith")), ("tables", json!(["a", "b"]))]
        .into_iter()
        .map(|(name, value)| (name.into(), InputValue::Plain(value)))
        .chain([("password".into(), InputValue::Secret("hunter2'".to_owned().into()))])
        .collect()
}

fn facts(step: &str) -> Option<Arc<Json>> {
    (step == "found").then(|| {
        Arc::new(json!({ "tables": [{ "name": "runs", "rows": 3 }], "none": [], "started": true, "big": u64::MAX }))
    })
}

#[track_caller]
fn parsed(text: &str, dialect: Dialect) -> Template {
    Template::parse(text, dialect).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn with_scope<T>(check: impl FnOnce(&Scope<'_>) -> T) -> T {
    let inputs = inputs();
    let run = RunFacts { id: "run-1".to_owned(), started: "2026-11-22T14:30:00Z".to_owned() };
    let item = json!({ "name": "feedbacks" });
    let variables = indexmap! {
        "row".to_owned() => json!({ "n": 0, "count()": 2, "text": "0" }),
        "rows".to_owned() => json!([{ "v": "25.8" }, { "v": "25.8" }]),
    };
    check(&Scope {
        inputs: Some(&inputs),
        steps: Some(&facts),
        run: Some(&run),
        item: Some(&item),
        variables: Some(&variables),
        ..Scope::default()
    })
}

#[track_caller]
fn sql(text: &str, expected: &str) {
    assert_eq!(with_scope(|scope| parsed(text, Dialect::Sql).render(scope)).unwrap().text(), expected);
}

#[track_caller]
fn fails(text: &str) -> String {
    with_scope(|scope| parsed(text, Dialect::Sql).render(scope)).unwrap_err().to_string()
}

#[test]
fn in_sql_a_value_is_a_literal() {
    sql("SELECT {{ inputs.name }}", r"SELECT 'it\'s'");
    sql("DROP DATABASE {{ inputs.database | ident }}.t", r"DROP DATABASE `lang\`smith`.t");
    sql("IN ({{ inputs.tables | literals }})", "IN ('a', 'b')");
    sql("IN ({{ steps.found.tables | map(attribute='name') | literals }})", "IN ('runs')");
    sql("{{ steps.found.big }}", "18446744073709551615");
    sql("SELECT {{ '{{' }}", "SELECT '{{'");
    sql("{{ inputs.database | ident ~ '; DROP' }}", r"'`lang\\`smith`; DROP'");
}

#[test]
fn values_do_not_run_into_what_stands_beside_them() {
    sql("SELECT 1 -{{ inputs.n }}", "SELECT 1 - -1");
    sql("{{ inputs.name }}{{ inputs.name }}", r"'it\'s' 'it\'s'");
    sql("'a'{{ inputs.name }}'b'", r"'a' 'it\'s' 'b'");
    sql("x{{ inputs.n + 2 }}y", "x 1 y");
}

#[test]
fn failures_say_what_is_so_and_the_mend() {
    insta::assert_snapshot!(fails("{{ inputs.tables }}"), @"`inputs.tables`: a list is no single value in SQL; write `| literals`, as in IN ({{ … | literals }})");
    insta::assert_snapshot!(fails("{{ steps.found.tabels }}"), @"`steps.found.tabels`: `steps.found` has no `tabels`; did you mean `tables`?");
    insta::assert_snapshot!(fails("{{ steps.found.tables[0].nam == 1 }}"), @"`steps.found.tables[0].nam == 1`: `steps.found.tables[0]` has no `nam`; did you mean `name`?");
    insta::assert_snapshot!(fails("{{ steps.found.tables | map(attribute='nope') | list | length }}"), @"`steps.found.tables | map(attribute='nope') | list | length`: `steps.found.tables[0]` has no `nope`: it has name, rows");
    insta::assert_snapshot!(fails("{{ steps.lost.tables }}"), @"`steps.lost.tables`: `steps.lost` is not known here");
    insta::assert_snapshot!(fails("{{ inputs.nam }}"), @"`inputs.nam`: no input `nam`; did you mean `name`?");
    insta::assert_snapshot!(fails("{{ member.name }}"), @"`member.name`: `member` is not known here");
    insta::assert_snapshot!(fails("{{ row['nope'] == 0 }}"), @"`row['nope'] == 0`: `row` has no `nope`: it has n, count(), text");
    insta::assert_snapshot!(fails("{{ steps.found.tables[7].name }}"), @"`steps.found.tables[7].name`: `steps.found.tables` has no item 7: it has 1");
    insta::assert_snapshot!(fails("{{ steps.found.tables[7] != 1 }}"), @"`steps.found.tables[7] != 1`: `steps.found.tables` has no item 7: it has 1");
    insta::assert_snapshot!(fails("{{ steps.found.tables[-2] is none }}"), @"`steps.found.tables[-2] is none`: `steps.found.tables` has no item -2: it has 1");
    insta::assert_snapshot!(fails("{{ inputs.name + 1 }}"), @"`inputs.name + 1`: tried to use + operator on unsupported types string and number");
    insta::assert_snapshot!(fails("{{ inputs.password + 1 }}"), @"`inputs.password + 1`: it cannot be evaluated; why is not shown, for it uses a secret");
    insta::assert_snapshot!(fails("{{ range(99999) | map('string') | map('safe') | list | length }}"), @"`range(99999) | map('string') | map('safe') | list | length`: unknown filter");
    insta::assert_snapshot!(fails("{{ 'a' * 999999999999 }}"), @"`'a' * 999999999999`: engine ran out of fuel");
}

#[test]
fn one_whole_placeholder_keeps_its_type() {
    let value = |text: &str| with_scope(|scope| parsed(text, Dialect::Text).value(scope)).unwrap();
    assert_eq!(value("{{ steps.found.tables }}"), json!([{ "name": "runs", "rows": 3 }]));
    assert_eq!(value("{{ inputs.n }}"), json!(-1));
    assert_eq!(value("backup/{{ run.id }}/{{ inputs.n }}"), json!("backup/run-1/-1"));
    assert_eq!(value("{{ item }}"), json!({ "name": "feedbacks" }));
    assert_eq!(value("{{ {'a': [1, 2.5, none]} }}"), json!({ "a": [1, 2.5, null] }));
    assert_eq!(value("plain"), json!("plain"));
}

#[test]
fn a_secret_is_sent_but_never_shown() {
    with_scope(|scope| {
        let template = parsed("SELECT {{ inputs.password }}, {{ inputs.n }}", Dialect::Sql);
        let rendered = template.render(scope).unwrap();
        assert_eq!(rendered.text(), r"SELECT 'hunter2\'', -1");
        assert_eq!(rendered.to_string(), "SELECT [secret inputs.password], -1");
        assert!(rendered.is_secret());
        assert!(!format!("{rendered:?} {rendered} {template:?}").contains("hunter2"));
        assert_eq!(template.symbolic(scope), "SELECT [secret inputs.password], -1");
        let refused = parsed("{{ inputs.password }}", Dialect::Text).value(scope).unwrap_err();
        insta::assert_snapshot!(refused, @"`inputs.password`: `inputs.password` is a secret, which can be used only in a text that is sent");
        let bound = parsed("a{{ inputs.password }}", Dialect::Text).input_value(scope).unwrap();
        assert!(matches!(bound, InputValue::Secret(_)));
    });
}

#[test]
fn before_a_run_only_inputs_are_known() {
    let symbolic = |text: &str| with_scope(|scope| parsed(text, Dialect::Sql).symbolic(scope));
    assert_eq!(
        symbolic("DROP {{ inputs.database | ident }} {{ steps.found.tables|literals }} {{run.id}}"),
        r"DROP `lang\`smith` {{ steps.found.tables|literals }} {{ run.id }}"
    );
}

#[track_caller]
fn holds(source: &str, expected: bool) {
    let expression = Expression::parse(source).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(with_scope(|scope| expression.holds(scope)), Ok(expected), "{source}");
}

#[test]
fn expressions_hold_or_not() {
    holds("row.n == 0", true);
    holds("rows | map(attribute='v') | unique | length == 1", true);
    holds("steps.found.tables", true);
    holds("steps.found.none", false);
    holds("not steps.found.started or steps.found.none", false);
    holds("'nope' in row and row['nope'] == 1", false);
    holds("row['count()'] == 2 and '{{' != 'a'", true);
    holds("item.name in ['feedbacks']", true);
    holds("rows[0] == rows[-1] and rows[0:5] | length == 2 and rows | first == rows | last and rows | reverse", true);
    holds(
        "rows | zip(rows) | list | length == 2 and rows == rows | list and rows | batch(3) | list | length == 1",
        true,
    );
    holds("rows | slice(3) | list | length == 3 and 'a' not in rows and (rows ~ '') | length > 0", true);
}

#[test]
fn what_is_neither_true_nor_false_fails() {
    let fails =
        |source: &str| with_scope(|scope| Expression::parse(source).unwrap().holds(scope)).unwrap_err().to_string();
    insta::assert_snapshot!(fails("row.n"), @"`row.n`: a number is neither true nor false; compare it with something");
    insta::assert_snapshot!(fails("row.text"), @"`row.text`: a string is neither true nor false; compare it with something");
}

#[test]
fn mistakes_have_their_place_in_the_text() {
    let problem = |source: &str| {
        let problems = Expression::parse(source).unwrap_err();
        format!("{:?} {}", &source[problems[0].range.clone()], problems[0].message)
    };
    insta::assert_snapshot!(problem("{{ row.n == 0 }}"), @r#""{{" this is an expression by itself; write it without braces: row.n == 0"#);
    insta::assert_snapshot!(problem("row.n == "), @r#""==" unexpected end of input, expected expression"#);
    insta::assert_snapshot!(problem("row.n = 0"), @r#""=" `=` is not known here; two of them compare: `==`"#);
    insta::assert_snapshot!(problem("  "), @r#""  " an expression is expected here"#);
    insta::assert_snapshot!(problem("{% if a %}"), @r#""%" unexpected `%`"#);
    let text = "a {{ inputs.x }} b {{ foo }} c {{ bar | nope }}";
    let problems = Template::parse(text, Dialect::Text).unwrap_err();
    let places: Vec<&str> = problems.iter().map(|problem| &text[problem.range.clone()]).collect();
    assert_eq!(places, ["foo", "bar", "nope"]);
}

/// Reads ClickHouse's string literal back, as its parser does.
fn read_string(sql: &str) -> Option<String> {
    let inside = sql.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut text = String::new();
    let mut characters = inside.chars();
    while let Some(character) = characters.next() {
        match character {
            '\'' => return None,
            '\\' => text.push(match characters.next()? {
                '0' => '\0',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\u{8}',
                'f' => '\u{c}',
                other => other,
            }),
            other => text.push(other),
        }
    }
    Some(text)
}

proptest::proptest! {
    /// By our own reader; the engine's word on it (random strings, through SELECT and back) is asked where there is an engine.
    #[test]
    fn no_string_leaves_its_quotes(name in r#"([-'"`$;#/*\\a\x00\n{}%“’]|\PC){0,24}"#) {
        let inputs: InputValues = [("name".into(), InputValue::Plain(json!(name)))].into_iter().collect();
        let scope = Scope::of_inputs(&inputs);
        let text = "SELECT {{ inputs.name }} AS a; SELECT 2";
        let rendered = Template::parse(text, Dialect::Sql).unwrap().render(&scope).unwrap();
        let statements = sql::split(rendered.text());
        proptest::prop_assert_eq!(statements.len(), 2);
        let literal = statements[0].text.strip_prefix("SELECT ").unwrap().strip_suffix(" AS a").unwrap();
        proptest::prop_assert_eq!(read_string(literal), Some(name));
    }

    #[test]
    fn parsing_never_panics(text in r#"([-'"`$;#/*\\a.|(){}% \n]|\PC){0,40}"#) {
        let _ = Template::parse(&text, Dialect::Sql);
        let _ = Template::parse(&text, Dialect::Text);
        let _ = Expression::parse(&text);
    }
}
