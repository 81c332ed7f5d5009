//! An expression's operators as calls of ours: `row.a + 1 == row.b` is evaluated as
//! `_compare(_compute(row.a , '+', 1), '==', row.b)`, for minijinja's own know no number wider than a float.
//!
//! It follows minijinja's grammar level by level and copies everything else as it stands. It judges nothing: what it does not
//! understand is left for minijinja to refuse, and a test holds both to the same results.

use std::ops::Range;

use super::{
    operators::{COMPARE, COMPUTE, NEGATE, NUMBER},
    scan::{Kind, Token, tokens},
};

/// An integer literal of more digits than this may be too wide for minijinja.
const DIGITS_OF_128_BITS: usize = 38;

/// The source as it is compiled; `None` where it is no expression that this understands.
pub(super) fn rewritten(source: &str) -> Option<String> {
    let tokens = tokens(source);
    let mut rewriter = Rewriter { source, tokens, at: 0, out: String::with_capacity(source.len() * 2), depth: 0 };
    rewriter.expression()?;
    (rewriter.at == rewriter.tokens.len()).then_some(rewriter.out)
}

/// Operators that associate to the left, from the weakest to the strongest.
const LEVELS: [&[&str]; 4] = [&["+", "-"], &["~"], &["*", "/", "//", "%"], &["**"]];

/// No names, though minijinja would take them for such where an operand stands.
const OPERATORS_IN_WORDS: [&str; 7] = ["and", "or", "not", "in", "is", "if", "else"];

const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

/// As deep as minijinja goes.
const MAX_DEPTH: usize = 150;

struct Rewriter<'a> {
    source: &'a str,
    tokens: Vec<Token>,
    at: usize,
    out: String,
    depth: usize,
}

impl Rewriter<'_> {
    /// `a if b else c`, which may stand anywhere within brackets.
    fn expression(&mut self) -> Option<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        self.joined()?;
        while self.copy_if("if") {
            self.joined()?;
            if self.copy_if("else") {
                self.expression()?;
            }
        }
        self.depth -= 1;
        Some(())
    }

    /// `a and not b or c`: these stay minijinja's, which evaluates no more of them than it has to.
    fn joined(&mut self) -> Option<()> {
        loop {
            while self.copy_if("not") {}
            self.comparison()?;
            if !self.copy_if("and") && !self.copy_if("or") {
                return Some(());
            }
        }
    }

    fn comparison(&mut self) -> Option<()> {
        let start = self.out.len();
        self.computed(0)?;
        let mut found = false;
        while let Some(operator) = self.comparing() {
            found = true;
            self.out.push_str(&format!(", '{operator}', "));
            self.computed(0)?;
        }
        if found {
            self.wrap(start, COMPARE);
        }
        Some(())
    }

    /// Goes past an operator that compares.
    fn comparing(&mut self) -> Option<String> {
        if self.is("in") {
            self.at += 1;
            return Some("in".to_owned());
        }
        if self.is("not") && self.text(self.at + 1) == "in" {
            self.at += 2;
            return Some("not in".to_owned());
        }
        let (operator, length) = self.operator();
        let operator = operator.filter(|operator| COMPARISONS.contains(operator))?.to_owned();
        self.at += length;
        Some(operator)
    }

    fn computed(&mut self, level: usize) -> Option<()> {
        let Some(operators) = LEVELS.get(level) else { return self.filtered() };
        let start = self.out.len();
        self.computed(level + 1)?;
        loop {
            let (operator, length) = self.operator();
            let Some(operator) = operator.filter(|operator| operators.contains(operator)).map(str::to_owned) else {
                return Some(());
            };
            if operator == "~" {
                self.copy();
                self.computed(level + 1)?;
                continue;
            }
            self.at += length;
            self.out.push_str(&format!(", '{operator}', "));
            self.computed(level + 1)?;
            self.wrap(start, COMPUTE);
        }
    }

    /// An operand with its filters and tests.
    fn filtered(&mut self) -> Option<()> {
        self.negated()?;
        loop {
            if self.copy_if("|") {
                self.copy_if_word()?;
                if self.is("(") {
                    self.bracketed()?;
                }
            } else if self.copy_if("is") {
                if self.is("not") {
                    self.copy();
                }
                self.copy_if_word()?;
                if self.is("(") {
                    self.bracketed()?;
                } else if self.begins_an_argument() {
                    self.negated()?;
                }
            } else {
                return Some(());
            }
        }
    }

    /// Whether what follows a test's name is its argument: `is divisibleby 3`.
    fn begins_an_argument(&self) -> bool {
        let Some(token) = self.tokens.get(self.at) else { return false };
        match token.kind {
            Kind::Word => !OPERATORS_IN_WORDS.contains(&self.text(self.at)),
            Kind::Text | Kind::Number => true,
            Kind::Mark(mark) => matches!(mark, '-' | '[' | '{'),
            Kind::Equals => false,
        }
    }

    fn negated(&mut self) -> Option<()> {
        if !self.is("-") {
            return self.operand();
        }
        let start = self.out.len();
        self.at += 1;
        self.negated()?;
        self.wrap(start, NEGATE);
        Some(())
    }

    /// A name, a literal or brackets, with what stands behind it: `.name`, `[…]`, `(…)`.
    fn operand(&mut self) -> Option<()> {
        let token = self.tokens.get(self.at)?.clone();
        match token.kind {
            Kind::Word if OPERATORS_IN_WORDS.contains(&self.text(self.at)) => return None,
            Kind::Word => self.copy(),
            Kind::Text => {
                while self.tokens.get(self.at).is_some_and(|token| token.kind == Kind::Text) {
                    self.copy();
                }
            }
            Kind::Number => self.number(&token.range),
            Kind::Mark('(' | '[' | '{') => self.bracketed()?,
            _ => return None,
        }
        loop {
            if self.is("(") || self.is("[") {
                self.bracketed()?;
            } else if self.is(".") {
                self.copy();
                self.tokens.get(self.at).filter(|token| matches!(token.kind, Kind::Word | Kind::Number))?;
                self.copy();
            } else {
                return Some(());
            }
        }
    }

    /// What stands in brackets: expressions with `,` `:` `=` `*` `**` between and before them.
    fn bracketed(&mut self) -> Option<()> {
        let close = match self.text(self.at) {
            "(" => ")",
            "[" => "]",
            _ => "}",
        };
        self.copy();
        loop {
            if self.copy_if(close) {
                return Some(());
            }
            if ![",", ":", "=", "*"].iter().any(|mark| self.copy_if(mark)) {
                self.expression()?;
            }
        }
    }

    /// A literal that a float might not hold becomes a number of ours.
    fn number(&mut self, range: &Range<usize>) {
        let text = self.source[range.clone()].replace('_', "");
        let radix =
            text.len() > 1 && text.as_bytes()[1].is_ascii_alphabetic() && !matches!(text.as_bytes()[1], b'e' | b'E');
        if !radix && (text.len() > DIGITS_OF_128_BITS || text.contains(['.', 'e', 'E'])) {
            self.at += 1;
            self.out.push_str(&format!("{NUMBER}('{text}')"));
            self.gap(range.end);
        } else {
            self.copy();
        }
    }

    /// Makes what was written since `start` the arguments of a function.
    fn wrap(&mut self, start: usize, function: &str) {
        self.out.insert_str(start, &format!("{function}("));
        self.out.push_str(") ");
    }

    /// The operator that comes next, and how many tokens it has.
    fn operator(&self) -> (Option<&str>, usize) {
        let Some(token) = self.tokens.get(self.at) else { return (None, 0) };
        let next = self.tokens.get(self.at + 1).filter(|next| next.range.start == token.range.end);
        match (token.kind, next.map(|next| next.kind)) {
            (Kind::Mark('*'), Some(Kind::Mark('*'))) => (Some("**"), 2),
            (Kind::Mark('/'), Some(Kind::Mark('/'))) => (Some("//"), 2),
            (Kind::Mark(_), _) => (Some(self.text(self.at)), 1),
            _ => (None, 0),
        }
    }

    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &self.source[token.range.clone()])
    }

    fn is(&self, text: &str) -> bool {
        self.text(self.at) == text
    }

    fn copy_if(&mut self, text: &str) -> bool {
        let found = self.is(text) && !(text == "not" && self.text(self.at + 1) == "in");
        if found {
            self.copy();
        }
        found
    }

    fn copy_if_word(&mut self) -> Option<()> {
        self.tokens.get(self.at).filter(|token| token.kind == Kind::Word)?;
        self.copy();
        Some(())
    }

    /// Takes a token as it stands, with the blanks behind it.
    fn copy(&mut self) {
        let Some(token) = self.tokens.get(self.at) else { return };
        let range = token.range.clone();
        self.out.push_str(&self.source[range.clone()]);
        self.at += 1;
        self.gap(range.end);
    }

    /// The blanks between a token that ends at `end` and the next one.
    fn gap(&mut self, end: usize) {
        let next = self.tokens.get(self.at).map_or(self.source.len(), |token| token.range.start);
        self.out.push_str(&self.source[end..next]);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use minijinja::{Environment, Value};
    use proptest::prelude::*;

    use super::*;
    use crate::template::environment::ENVIRONMENT;

    #[test]
    fn operators_become_calls() {
        let case = |source: &str| rewritten(source).unwrap();
        insta::assert_snapshot!(case("row.a + 1 == row.b"), @"_compare(_compute(row.a , '+', 1 ) , '==', row.b) ");
        insta::assert_snapshot!(case("1 < x.y[-1] | abs <= 3 and not a not in [b, 2.50]"), @"_compare(1 , '<', x.y[_negate(1) ] | abs , '<=', 3 ) and not _compare(a , 'not in', [b, _number('2.50')]) ");
        insta::assert_snapshot!(case("a - b - c * d ** 2 // e"), @"_compute(_compute(a , '-', b ) , '-', _compute(_compute(c , '*', _compute(d , '**', 2 ) ) , '//', e) ) ");
        insta::assert_snapshot!(case("rows | selectattr('n', 'gt', 1.5) | list is iterable if a == 1 else {'k': a ~ 1}"), @"rows | selectattr('n', 'gt', _number('1.5')) | list is iterable if _compare(a , '==', 1 ) else {'k': a ~ 1}");
        assert_eq!(rewritten("steps.a.tasks.0.member").as_deref(), Some("steps.a.tasks.0.member"));
    }

    /// Whether one comparison has several operators.
    fn is_chained(rewritten: &str) -> bool {
        let mut operators = vec![0];
        for (at, character) in rewritten.char_indices() {
            let operator = rewritten[at..].strip_prefix(", '").and_then(|rest| rest.split('\'').next());
            match character {
                '(' | '[' | '{' => operators.push(0),
                ')' | ']' | '}' => drop(operators.pop()),
                _ if operator.is_some_and(|it| COMPARISONS.contains(&it) || ["in", "not in"].contains(&it)) => {
                    *operators.last_mut().expect("brackets are closed once") += 1;
                }
                _ => {}
            }
            if operators.last().is_some_and(|it| *it > 1) {
                return true;
            }
        }
        false
    }

    /// Operands that minijinja knows as well, so that it can say what is right.
    fn expressions() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("a".to_owned()),
            Just("b".to_owned()),
            Just("list[1]".to_owned()),
            Just("list[-1]".to_owned()),
            Just("map.k".to_owned()),
            Just("list | length".to_owned()),
            Just("-a".to_owned()),
            Just("a is odd".to_owned()),
            Just("a is divisibleby 2".to_owned()),
            Just("list[0:2] | sum".to_owned()),
            Just("[a, b] | max".to_owned()),
            (0..20u8).prop_map(|n| n.to_string()),
        ];
        leaf.prop_recursive(4, 24, 3, |inner| {
            let operators = ["+", "-", "*", "//", "%", "==", "!=", "<", "<=", ">", ">=", "and", "or"];
            prop_oneof![
                4 => (inner.clone(), prop::sample::select(operators.to_vec()), inner.clone())
                    .prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
                2 => inner.clone().prop_map(|inner| format!("({inner})")),
                1 => inner.clone().prop_map(|inner| format!("(not {inner})")),
                1 => (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a} if {b} else {c})")),
                1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} in [{b}, 3]")),
                1 => (inner.clone(), inner).prop_map(|(a, b)| format!("{a} not in list + [{b}]")),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn what_is_rewritten_means_the_same(source in expressions(), a in -9..9i64, b in 0..9i64) {
            let context = || {
                let map: BTreeMap<&str, i64> = [("k", a + b)].into();
                minijinja::context! { a, b, list => vec![a, b, 2], map => Value::from(map) }
            };
            let plain = Environment::new();
            let Ok(compiled) = plain.compile_expression(&source) else { return Ok(()) };
            let expected = compiled.eval(context());
            let rewritten = rewritten(&source).expect("an expression");
            let found = ENVIRONMENT.compile_expression_owned(rewritten.clone()).and_then(|it| it.eval(context()));
            let found = match found {
                // Of a list and a number minijinja would call one greater.
                Err(error) if ["have no order", "cannot be computed"].iter().any(|it| error.to_string().contains(it)) => {
                    return Ok(());
                }
                // Of `a < b < 1 // 0` minijinja may not come to the end, and we calculate all of it.
                Err(_) if is_chained(&rewritten) => return Ok(()),
                found => found,
            };
            // Where minijinja's integers end, ours go on.
            if let Ok(expected) = expected {
                prop_assert_eq!(Some(&expected), found.as_ref().ok(), "{} as {}: {:?}", source, rewritten, found);
            }
        }

        #[test]
        fn nothing_is_lost_of_what_is_not_understood(source in r#"([-+*/%<>=!~|.,:(){}\[\]'" 0-9aebx_]|and|or|not|in|is|if|else){0,24}"#) {
            let plain = Environment::new();
            if plain.compile_expression(&source).is_ok() {
                match rewritten(&source) {
                    Some(it) => prop_assert!(plain.compile_expression(&it).is_ok(), "{}", it),
                    None => prop_assert!(OPERATORS_IN_WORDS.iter().any(|word| source.contains(word)), "not understood"),
                }
            }
        }
    }
}
