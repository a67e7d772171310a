//! What a form changes of what is there now: seen before it is saved.

use crate::pages::{Field, FormPage, Input};

/// Most characters of a value that are shown.
const MAX_CHARS: usize = 160;
/// Most lines that are shown as gone, and most as come.
const MAX_LINES: usize = 12;

/// What a form changes. A form that has none changes nothing that is there already.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Review {
    /// The fields that differ.
    pub changes: Vec<FieldChange>,
    /// Seen without scripts, too; those follow what is typed.
    pub shown: bool,
    /// The button that sends the form sends it to be seen first: it needs no second one.
    pub by_itself: bool,
}

impl Review {
    /// How many fields change, as a sentence.
    pub(crate) fn sentence(&self) -> String {
        match self.changes.len() {
            0 => "Nothing changes yet.".to_owned(),
            1 => "One field changes.".to_owned(),
            many => format!("{many} fields change."),
        }
    }
}

/// What a field is and what it would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The field's name.
    pub name: String,
    /// Its label, with the title above it where two are called alike.
    pub label: String,
    /// What goes: the value, or the lines of a list that go.
    pub before: Vec<String>,
    /// What comes.
    pub after: Vec<String>,
}

impl FieldChange {
    /// Of one value.
    pub fn of_value(name: &str, label: &str, before: &str, after: &str) -> Self {
        let shown = |value: &str| vec![if value.is_empty() { "empty".to_owned() } else { cut(value) }];
        Self { name: name.to_owned(), label: label.to_owned(), before: shown(before), after: shown(after) }
    }

    /// Of a list: the lines that go and those that come. If only their order differs, all of them.
    fn of_list(name: &str, label: &str, before: &[String], after: &[String]) -> Self {
        let (gone, come) = (missing(before, after), missing(after, before));
        let signed = |sign: &str, lines: &[String]| {
            let mut shown: Vec<String> =
                lines.iter().take(MAX_LINES).map(|line| cut(&format!("{sign} {line}"))).collect();
            if let Some(more) = lines.len().checked_sub(MAX_LINES).filter(|more| *more > 0) {
                shown.push(format!("and {more} more"));
            }
            shown
        };
        let same = gone.is_empty() && come.is_empty();
        let (gone, come) = if same { (before.to_vec(), after.to_vec()) } else { (gone, come) };
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            before: signed("−", &gone),
            after: signed("+", &come),
        }
    }
}

/// The lines of the one that the other one lacks, as often as it lacks them.
fn missing(of: &[String], from: &[String]) -> Vec<String> {
    let mut left = from.to_vec();
    let keeps = |line: &&String| match left.iter().position(|other| other == *line) {
        Some(at) => {
            left.swap_remove(at);
            false
        }
        None => true,
    };
    of.iter().filter(keeps).cloned().collect()
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

impl Input {
    /// What stands there, line by line; nothing for what never comes back.
    fn lines(&self) -> Vec<String> {
        match self {
            Self::Line { value, .. } => vec![value.trim().to_owned()],
            Self::Lines { value, .. } => {
                value.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
            }
            Self::Password => Vec::new(),
            Self::File { kept, .. } => vec![kept.clone()],
            Self::Pairs(pairs) => {
                let (first, second) = pairs.words;
                let filled = pairs.rows.iter().filter(|(a, b)| !(a.is_empty() && b.is_empty()));
                filled.map(|(a, b)| format!("{a} {first} {b} {second}")).collect()
            }
            Self::Select(picks) | Self::Radio(picks) | Self::Checks(picks) => {
                picks.iter().filter(|pick| pick.selected).map(|pick| pick.label.clone()).collect()
            }
        }
    }

    /// Whether it holds any number of values.
    fn is_list(&self) -> bool {
        matches!(self, Self::Lines { .. } | Self::Checks(_) | Self::Pairs(_))
    }

    /// A value in the words of people.
    fn say<'v>(&self, value: &'v str, file: &'v str) -> &'v str {
        if matches!(self, Self::File { .. }) && !value.is_empty() { file } else { value }
    }
}

fn value_of(lines: &[String]) -> &str {
    lines.first().map(String::as_str).unwrap_or_default()
}

impl FormPage {
    /// It changes something that is there: what it changes is seen before it is saved.
    #[must_use]
    pub fn reviewed(mut self) -> Self {
        self.review = Some(Review::default());
        self
    }

    /// Notes what it changes of `now`, the form as it would be opened now.
    pub fn differs_from(&mut self, now: &Self) {
        let (before, after) = (now.plain_fields(), self.plain_fields());
        let alike = |label: &str| after.iter().filter(|(_, field)| field.label == label).count() > 1;
        let labelled = |title: Option<&str>, label: &str| match title.filter(|_| alike(label)) {
            Some(title) => format!("{title}: {label}"),
            None => label.to_owned(),
        };
        // A field can come and go with what is in the others.
        let gone = before.iter().filter(|(_, old)| after.iter().all(|(_, new)| new.name != old.name));
        let mut changes = Vec::new();
        for (title, field) in after.iter().chain(gone) {
            let lines = |fields: &[(Option<&str>, &Field)]| {
                let same = fields.iter().find(|(_, one)| one.name == field.name);
                same.map(|(_, one)| one.input.lines()).unwrap_or_default()
            };
            let (was, is) = (lines(&before), lines(&after));
            let label = labelled(*title, &field.label);
            if field.input.is_list() {
                if was != is {
                    changes.push(FieldChange::of_list(&field.name, &label, &was, &is));
                }
            } else if value_of(&was) != value_of(&is) {
                let was = field.input.say(value_of(&was), "the one there is");
                let is = field.input.say(value_of(&is), "a new one");
                changes.push(FieldChange::of_value(&field.name, &label, was, is));
            }
        }
        if let Some(review) = &mut self.review {
            review.changes = changes;
            review.shown = !review.changes.is_empty();
        }
    }

    /// The fields, each with the title above it, without passwords: they are never shown.
    fn plain_fields(&self) -> Vec<(Option<&str>, &Field)> {
        let all = self
            .groups
            .iter()
            .flat_map(|group| group.fields.iter().map(|field| (group.title.as_deref(), field)));
        all.filter(|(_, field)| field.input != Input::Password).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn lines_come_and_go() {
        let change = FieldChange::of_list("uris", "URIs", &lines("a b b"), &lines("b c"));
        assert_eq!(change.before, ["− a", "− b"]);
        assert_eq!(change.after, ["+ c"]);
        let turned = FieldChange::of_list("uris", "URIs", &lines("a b"), &lines("b a"));
        assert_eq!((turned.before.len(), turned.after.len()), (2, 2));
    }

    #[test]
    fn what_is_long_is_cut() {
        let long = "ä".repeat(MAX_CHARS + 1);
        let change = FieldChange::of_value("name", "Name", &long, "b");
        assert_eq!(change.before[0].chars().count(), MAX_CHARS + 1);
        assert!(change.before[0].ends_with('…'));
        let many: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        let change = FieldChange::of_list("uris", "URIs", &[], &many);
        assert_eq!(change.after.len(), MAX_LINES + 1);
        assert_eq!(change.after[MAX_LINES], "and 8 more");
    }
}
