//! Files of comma-separated values that a spreadsheet opens.

use signet_idp::syslog::visible_whole;

/// What such a file is.
pub(super) const KIND: &str = "text/csv; charset=utf-8";

/// A line of a file.
pub(super) fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell that no spreadsheet takes for a formula: what could begin one gets an apostrophe before it.
fn cell(text: &str) -> String {
    // Marks that can't be seen are shown, like on the page; nothing is cut.
    let text = visible_whole(text);
    let risky = text.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let guard = if risky { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn lg_04_formulas_are_neutralised() {
        for bad in ["=HYPERLINK(\"x\")", "+1", "-1", "@SUM(A1)", "  =1", "＝1"] {
            assert!(cell(bad).starts_with("\"'"), "{bad}: {}", cell(bad));
        }
        assert_eq!(cell("=A\"B"), "\"'=A\"\"B\"");
        assert_eq!(cell("plain, text"), "\"plain, text\"");
        for broken in ["\t=1", "a\r\nb", "\u{202e}x", "\u{1b}[0m"] {
            assert!(!cell(broken).contains(['\t', '\r', '\n', '\u{202e}', '\u{1b}']), "{}", cell(broken));
        }
    }
}
