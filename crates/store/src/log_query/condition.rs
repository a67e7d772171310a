//! What can be asked of an event, and its SQL.
//!
//! A comparison is never NULL: of a member that is missing, `NotEqual` holds and every other comparison does
//! not. So a `Not` is what it says.

use super::sql::{Arg, SEARCH, Sql};
use super::ways::RARE;
use crate::dialect::Text;
use crate::{Result, StoreError};
use std::collections::BTreeSet;
use uuid::Uuid;

/// How deeply conditions may nest.
pub const MAX_DEPTH: usize = 32;
/// How many comparisons a condition may have.
pub const MAX_CLAUSES: usize = 100;

/// What must hold of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Anything.
    Always,
    /// Nothing.
    Never,
    /// The type isn't one of those that most of a log consists of ([`super::FREQUENT`]).
    Rare,
    /// A text compares with a value.
    Text {
        /// The text.
        field: TextField,
        /// The comparison.
        op: TextOp,
        /// The value.
        value: String,
    },
    /// A word occurs somewhere in the event, in any case.
    Word(String),
    /// A text is there.
    TextPresent(TextField),
    /// An id is this one.
    Id {
        /// The id's place.
        field: IdField,
        /// The id.
        value: Uuid,
    },
    /// An id is there.
    IdPresent(IdField),
    /// All of these.
    All(Vec<Condition>),
    /// One of these.
    Any(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
}

/// A text of an event. Of a target's, a comparison holds if it holds of any target.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the event's members")]
pub enum TextField {
    EventType,
    Severity,
    Outcome,
    Reason,
    Message,
    ActorId,
    ActorType,
    ActorAlternateId,
    ActorDisplayName,
    UserId,
    ClientId,
    ServerId,
    Ip,
    UserAgent,
    Path,
    /// The path and a `?`, as log readers know it.
    Url,
    Jti,
    TargetId,
    TargetType,
    TargetAlternateId,
    TargetDisplayName,
    /// A further fact, by name: letters, digits, `_`, `-`.
    Debug(String),
}

/// An id that is stored as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the event's members")]
pub enum IdField {
    Event,
    Request,
    Session,
    Flow,
    Grant,
}

/// How texts are compared: by code points, case and all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TextOp {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Condition {
    /// The types one of which an event must have, if the condition says so: without any of them there is nothing to
    /// search for.
    #[must_use]
    pub fn event_types(&self) -> Option<BTreeSet<&str>> {
        match self {
            Self::Text { field: TextField::EventType, op: TextOp::Equal, value } => Some([&**value].into()),
            Self::Never => Some(BTreeSet::new()),
            Self::All(parts) => parts.iter().filter_map(Self::event_types).min_by_key(BTreeSet::len),
            Self::Any(parts) => {
                parts.iter().map(Self::event_types).try_fold(BTreeSet::new(), |mut all, one| {
                    all.append(&mut one?);
                    Some(all)
                })
            }
            _ => None,
        }
    }

    /// Adds the condition to a statement.
    pub(super) fn compile(&self, sql: &mut Sql) -> Result<()> {
        let mut clauses = 0;
        self.add(sql, 0, &mut clauses)
    }

    fn add(&self, sql: &mut Sql, depth: usize, clauses: &mut usize) -> Result<()> {
        *clauses += 1;
        // A level may be a list in a list with a negation, and lists and negations count here too.
        if depth > 2 * MAX_DEPTH + 4 || *clauses > 8 * MAX_CLAUSES {
            return Err(StoreError::Internal("a condition is too large".into()));
        }
        match self {
            Self::Always => sql.push("TRUE"),
            Self::Never => sql.push("FALSE"),
            Self::Rare => sql.push(RARE),
            Self::Text { field, op, value } => field.compare(sql, *op, value)?,
            Self::Word(word) => sql.holds("e.words", word.to_lowercase()),
            Self::TextPresent(field) => field.present(sql)?,
            // Always there, so the comparison is never NULL, and bare an index answers it.
            Self::Id { field: field @ (IdField::Event | IdField::Request), value } => {
                sql.push(field.column()).push(" = ").bind(Arg::Uuid(*value))
            }
            Self::Id { field, value } => sql
                .push("COALESCE(")
                .push(field.column())
                .push(" = ")
                .bind(Arg::Uuid(*value))
                .push(", FALSE)"),
            Self::IdPresent(field) => sql.push(field.column()).push(" IS NOT NULL"),
            Self::All(parts) => return list(parts, (" AND ", "TRUE"), sql, depth, clauses),
            Self::Any(parts) => return list(parts, (" OR ", "FALSE"), sql, depth, clauses),
            Self::Not(part) => {
                sql.push("NOT (");
                part.add(sql, depth + 1, clauses)?;
                sql.push(")")
            }
        };
        Ok(())
    }
}

fn list(
    parts: &[Condition],
    (joint, empty): (&'static str, &'static str),
    sql: &mut Sql,
    depth: usize,
    clauses: &mut usize,
) -> Result<()> {
    if parts.is_empty() {
        sql.push(empty);
        return Ok(());
    }
    for (n, part) in parts.iter().enumerate() {
        sql.push(if n == 0 { "(" } else { joint });
        part.add(sql, depth + 1, clauses)?;
    }
    sql.push(")");
    Ok(())
}

impl IdField {
    fn column(self) -> &'static str {
        match self {
            Self::Event => "e.id",
            Self::Request => "e.request_id",
            Self::Session => "e.session_id",
            Self::Flow => "e.flow_id",
            Self::Grant => "e.grant_id",
        }
    }
}

/// Members of JSON are compared as columns are: by code points, on PostgreSQL by the collation "C".
macro_rules! member {
    ($first:literal, $second:literal) => {
        Text {
            sqlite: concat!("json_extract(e.data, '$.", $first, ".", $second, "')"),
            postgres: concat!("((e.data -> '", $first, "' ->> '", $second, "') COLLATE \"C\")"),
        }
    };
    ($name:literal) => {
        Text {
            sqlite: concat!("json_extract(e.data, '$.", $name, "')"),
            postgres: concat!("((e.data ->> '", $name, "') COLLATE \"C\")"),
        }
    };
}

macro_rules! target {
    ($name:literal) => {
        Text {
            sqlite: concat!("json_extract(t.value, '$.", $name, "')"),
            postgres: concat!("((t.value ->> '", $name, "') COLLATE \"C\")"),
        }
    };
}

const TARGETS: Text = Text {
    sqlite: "EXISTS (SELECT 1 FROM json_each(e.data, '$.targets') AS t WHERE ",
    postgres: "EXISTS (SELECT 1 FROM jsonb_array_elements(e.data -> 'targets') AS t(value) WHERE ",
};

const DEBUG_OPEN: Text = Text { sqlite: "json_extract(e.data, ", postgres: "((e.data -> 'debug' ->> " };
const DEBUG_CLOSE: Text = Text { sqlite: ")", postgres: ") COLLATE \"C\")" };

/// Where a text is found.
enum Place {
    Column(&'static str),
    Member(Text),
    Target(Text),
    Debug(String),
    Url,
}

const PATH: Text = member!("path");

impl TextField {
    fn place(&self) -> Place {
        match self {
            Self::EventType => Place::Column("e.event_type"),
            Self::Severity => Place::Column("e.severity"),
            Self::Outcome => Place::Column("e.outcome"),
            Self::Reason => Place::Column("e.reason"),
            Self::ActorId => Place::Column("e.actor_id"),
            Self::UserId => Place::Column("e.user_id"),
            Self::ClientId => Place::Column("e.client_id"),
            Self::ServerId => Place::Column("e.server_id"),
            Self::Ip => Place::Column("e.ip"),
            Self::Jti => Place::Column("e.jti"),
            Self::Message => Place::Member(member!("message")),
            Self::ActorType => Place::Member(member!("actor", "type")),
            Self::ActorAlternateId => Place::Member(member!("actor", "alternateId")),
            Self::ActorDisplayName => Place::Member(member!("actor", "displayName")),
            Self::UserAgent => Place::Member(member!("user_agent")),
            Self::Path => Place::Member(PATH),
            Self::Url => Place::Url,
            Self::TargetId => Place::Target(target!("id")),
            Self::TargetType => Place::Target(target!("type")),
            Self::TargetAlternateId => Place::Target(target!("alternateId")),
            Self::TargetDisplayName => Place::Target(target!("displayName")),
            Self::Debug(name) => Place::Debug(name.clone()),
        }
    }

    /// Adds the text itself.
    pub(super) fn write(&self, sql: &mut Sql) -> Result<()> {
        self.place().write(sql)
    }

    fn compare<'s>(&self, sql: &'s mut Sql, op: TextOp, value: &str) -> Result<&'s mut Sql> {
        let place = self.place();
        if let Place::Target(_) = place {
            sql.push_for_engine(TARGETS);
            place.compare(sql, op, value)?;
            return Ok(sql.push(")"));
        }
        sql.push("COALESCE(");
        place.compare(sql, op, value)?;
        Ok(sql.push(if op == TextOp::NotEqual { ", TRUE)" } else { ", FALSE)" }))
    }

    fn present<'s>(&self, sql: &'s mut Sql) -> Result<&'s mut Sql> {
        let place = self.place();
        let target = matches!(place, Place::Target(_));
        if target {
            sql.push_for_engine(TARGETS);
        } else {
            sql.push("(");
        }
        place.write(sql)?;
        sql.push(" IS NOT NULL AND ");
        place.write(sql)?;
        Ok(sql.push(" <> '')"))
    }
}

impl Place {
    fn write(&self, sql: &mut Sql) -> Result<()> {
        match self {
            Self::Column(column) => sql.push(column),
            Self::Member(text) | Self::Target(text) => sql.push_for_engine(*text),
            Self::Url => sql.push("(").push_for_engine(PATH).push(" || '?')"),
            Self::Debug(name) => {
                // In SQLite's path the name stands between quotes, so a quote in it would end it.
                if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b)) {
                    return Err(StoreError::Internal("no fact of an event has such a name".into()));
                }
                let arg = if sql.is_sqlite() { format!("$.debug.\"{name}\"") } else { name.clone() };
                sql.push_for_engine(DEBUG_OPEN).bind(Arg::Text(arg)).push_for_engine(DEBUG_CLOSE)
            }
        };
        Ok(())
    }

    fn compare(&self, sql: &mut Sql, op: TextOp, value: &str) -> Result<()> {
        let value = || Arg::Text(value.to_owned());
        let sign = match op {
            TextOp::Equal => " = ",
            TextOp::NotEqual => " <> ",
            TextOp::Greater => " > ",
            TextOp::GreaterOrEqual => " >= ",
            TextOp::Less => " < ",
            TextOp::LessOrEqual => " <= ",
            TextOp::Contains => {
                sql.push_for_engine(SEARCH);
                self.write(sql)?;
                sql.push(", ").bind(value()).push(") > 0");
                return Ok(());
            }
            TextOp::StartsWith => {
                sql.push("substr(");
                self.write(sql)?;
                sql.push(", 1, length(").bind(value()).push(")) = ").bind(value());
                return Ok(());
            }
            // Of a text that is shorter than the value, `substr` gives at most the whole: never the value.
            TextOp::EndsWith => {
                sql.push("substr(");
                self.write(sql)?;
                sql.push(", length(");
                self.write(sql)?;
                sql.push(") - length(").bind(value()).push(") + 1) = ").bind(value());
                return Ok(());
            }
        };
        self.write(sql)?;
        sql.push(sign).bind(value());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_where_a_condition_names_them() {
        let is = |value: &str| Condition::Text {
            field: TextField::EventType,
            op: TextOp::Equal,
            value: value.to_owned(),
        };
        let other = || Condition::TextPresent(TextField::Reason);
        let either = || Condition::Any(vec![is("a"), is("b")]);
        assert_eq!(either().event_types(), Some(["a", "b"].into()));
        assert_eq!(Condition::All(vec![other(), either()]).event_types(), Some(["a", "b"].into()));
        assert_eq!(Condition::Any(vec![is("a"), other()]).event_types(), None);
        assert_eq!(Condition::Not(Box::new(is("a"))).event_types(), None);
        assert_eq!(Condition::All(Vec::new()).event_types(), None);
        assert_eq!(Condition::Any(Vec::new()).event_types(), Some(BTreeSet::new()));
    }
}
