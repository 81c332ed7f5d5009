//! Cells in columns: the one layout of every table on a screen, and of every list of labelled lines.

use super::{
    paint::{Paint, pad_left, pad_right, width},
    wrap::hang,
};

/// On which side of its column a cell stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// `rows` with their cells padded to columns, `gap` spaces between them. What `align` does not name stands as its last. Nothing
/// is cut, and nothing trimmed. A row may have fewer cells than others.
pub fn layout(rows: &[Vec<String>], align: &[Align], gap: usize) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|it| width(it)).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let side = |column: usize| align.get(column).or(align.last()).copied().unwrap_or(Align::Left);
    let cell = |(column, text): (usize, &String)| match side(column) {
        Align::Left => pad_right(text, widths[column]),
        Align::Right => pad_left(text, widths[column]),
    };
    rows.iter().map(|row| row.iter().enumerate().map(cell).collect::<Vec<_>>().join(&" ".repeat(gap))).collect()
}

/// The same as text: a line a row, `indent` spaces before it.
pub fn table(rows: &[Vec<String>], align: &[Align], indent: usize, gap: usize) -> String {
    let lines = layout(rows, align, gap).into_iter();
    lines.map(|line| format!("{}\n", format!("{:indent$}{line}", "").trim_end())).collect()
}

/// Texts, each behind its label, `indent` spaces before it; what is too long for `columns` goes on below its own beginning.
pub fn labelled<L: AsRef<str>>(lines: &[(L, String)], indent: usize, columns: usize, paint: Paint) -> String {
    let widest = lines.iter().map(|(label, _)| width(label.as_ref())).max().unwrap_or(0);
    let line = |(label, text): &(L, String)| {
        let label = paint.dim(&pad_right(label.as_ref(), widest));
        hang(&format!("{:indent$}{label}   ", ""), text, columns)
    };
    lines.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_in_columns() {
        let rows = [["table", "rows"], ["表", "1,200"], ["runs_tags", ""]].map(|row| row.map(str::to_owned).to_vec());
        insta::assert_snapshot!(table(&rows, &[Align::Left, Align::Right], 2, 3), @r"
        table        rows
        表          1,200
        runs_tags
        ");
        let ragged = [vec!["a".to_owned(), "b".to_owned()], vec!["long".to_owned()]];
        assert_eq!(layout(&ragged, &[Align::Left], 1), ["a    b", "long"]);
    }

    #[test]
    fn a_long_text_goes_on_below_its_beginning() {
        let lines = [("backup", "clickhouse-backup/x, keep it".to_owned()), ("report", "r".to_owned())];
        insta::assert_snapshot!(labelled(&lines, 2, 34, Paint::NONE), @r"
        backup   clickhouse-backup/x,
                 keep it
        report   r
        ");
    }
}
