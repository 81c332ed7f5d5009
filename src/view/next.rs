//! What to type next, as a block of a screen.

use super::{
    effects_so_far::abandoning,
    paint::{Paint, pad_right, width},
    wrap::hang,
};

use crate::account::Account;

/// The block, for `columns`; empty where there is nothing to type.
pub fn next(account: &Account, columns: usize, paint: Paint) -> String {
    let commands = account.next();
    let label = format!("  {}   ", paint.strong("next"));
    let indent = " ".repeat(width(&label));
    let longest = commands.iter().map(|next| width(&next.why)).max().unwrap_or(0);
    let beside = commands.iter().all(|next| width(&label) + longest + 3 + width(&next.command) <= columns);
    let mut out = String::new();
    for (index, next) in commands.iter().enumerate() {
        let before = if index == 0 { &label } else { &indent };
        let command = paint.live(&next.command);
        out.push_str(&match beside {
            true => format!("{before}{}   {command}\n", pad_right(&next.why, longest)),
            false => format!("{before}{}\n{indent}  {command}\n", next.why),
        });
    }
    if account.abandoned.is_none() && !commands.is_empty() {
        out.push_str(&hang(&format!("{indent}  "), &abandoning(account), columns));
    }
    out
}
