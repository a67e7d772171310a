//! `signet limits check`: proves from an exported log that the throttle kept its promise.

use super::ui;
use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer,
};
use signet_limits::trace::{Admission, Finding, Refusal, Report, Trace};
use std::io::Read;

/// Reads events and tells what is wrong with them; an error is a sentence for whoever ran it.
pub(super) fn check(input: impl Read, killed: bool) -> Result<(), String> {
    let report = read(input)?.check();
    for finding in &report.findings {
        if !(killed && matches!(finding, Finding::Missing { .. })) {
            ui::say(&finding.to_string())?;
        }
    }
    ui::say(&summary(&report))?;
    let faults = report.wrong + if killed { 0 } else { report.missing };
    match faults {
        0 => Ok(()),
        1 => Err("one finding: the log does not show that the throttle kept its promise".into()),
        n => Err(format!("{n} findings: the log does not show that the throttle kept its promise")),
    }
}

fn summary(report: &Report) -> String {
    let Report { admissions, users, refusals, refused, outside, missing, .. } = report;
    let mut text =
        format!("{admissions} admissions of {users} users; {refused} refusals in {refusals} events.");
    if *outside > 0 {
        text += &format!(" {outside} attempts that refusals name lie before the log begins.");
    }
    if *missing > 0 {
        text += &format!(" {missing} attempts that refusals name have no event.");
    }
    text
}

/// Reads arrays of events, or events one after the other, or both; one event at a time is in memory.
fn read(input: impl Read) -> Result<Trace, String> {
    let mut trace = Trace::default();
    let mut json = serde_json::Deserializer::from_reader(std::io::BufReader::new(input));
    let mut values = 0;
    while json.end().is_err() {
        Events(&mut trace).deserialize(&mut json).map_err(|e| {
            format!(
                "the input can't be read as events of the system log: {e}; export it with GET /api/v1/logs"
            )
        })?;
        values += 1;
    }
    if values == 0 {
        return Err(
            "there is nothing to check: pass an array of events, or one event a line, on standard input"
                .into(),
        );
    }
    Ok(trace)
}

struct Events<'t>(&'t mut Trace);

impl<'de> DeserializeSeed<'de> for Events<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Events<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an event or an array of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut events: A) -> Result<(), A::Error> {
        while let Some(event) = events.next_element::<Event>()? {
            take(self.0, &event).map_err(A::Error::custom)?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, event: A) -> Result<(), A::Error> {
        let event = Event::deserialize(MapAccessDeserializer::new(event))?;
        take(self.0, &event).map_err(A::Error::custom)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    uuid: String,
    event_type: String,
    #[serde(default)]
    target: Option<Vec<Target>>,
    debug_context: DebugContext,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    alternate_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DebugContext {
    #[serde(default)]
    debug_data: Option<Facts>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Facts {
    throttle_key: Option<String>,
    admitted_at: Option<String>,
    refused_at: Option<String>,
    retry_at: Option<String>,
    filled_by: Option<String>,
    filled_by_events: Option<String>,
    count: Option<String>,
}

fn take(trace: &mut Trace, event: &Event) -> Result<(), String> {
    let Some(facts) = &event.debug_context.debug_data else { return Ok(()) };
    let wrong = |what: &str| format!("{what} of event {} is no number of microseconds", event.uuid);
    let number = |what: &str, text: &Option<String>| -> Result<i64, String> {
        text.as_deref().and_then(|text| text.trim().parse().ok()).ok_or_else(|| wrong(what))
    };
    let is_refusal = event.event_type == "user_rate_limited";
    if !is_refusal && facts.admitted_at.is_none() {
        return Ok(());
    }
    let user = user(event, facts).ok_or_else(|| format!("event {} names no user", event.uuid))?;
    if !is_refusal {
        let at = number("admittedAt", &facts.admitted_at)?;
        trace.admit(Admission { event: &event.uuid, user, at });
        return Ok(());
    }
    let list = |text: &Option<String>| text.as_deref().unwrap_or_default().to_owned();
    let (instants, ids) = (list(&facts.filled_by), list(&facts.filled_by_events));
    let instants: Result<Vec<i64>, _> =
        instants.split(',').filter(|t| !t.is_empty()).map(|t| t.trim().parse()).collect();
    trace.refuse(&Refusal {
        event: &event.uuid,
        user,
        refused_at: number("refusedAt", &facts.refused_at)?,
        retry_at: number("retryAt", &facts.retry_at)?,
        filled_by: instants.map_err(|_| wrong("filledBy"))?,
        filled_by_events: ids.split(',').filter(|id| !id.is_empty()).map(str::trim).collect(),
        count: facts.count.as_deref().and_then(|n| n.parse().ok()).unwrap_or(1),
    });
    Ok(())
}

/// What names the user: the throttle's own name, or what an older log has.
fn user<'e>(event: &'e Event, facts: &'e Facts) -> Option<&'e str> {
    if let Some(key) = &facts.throttle_key {
        return Some(key);
    }
    let user = event.target.iter().flatten().find(|target| target.kind == "User")?;
    Some(if user.id == "unknown" { &user.alternate_id } else { &user.id })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn admitted(id: &str, at: i64) -> Value {
        json!({ "uuid": id, "eventType": "app.oauth2.as.token.grant.access_token", "published": "2026-01-01T00:00:00Z",
            "target": [{ "id": "u1", "type": "User", "alternateId": "alice", "displayName": "A" }],
            "debugContext": { "debugData": { "throttleKey": "k", "admittedAt": at.to_string() } } })
    }

    fn refused() -> Value {
        json!({ "uuid": "r", "eventType": "user_rate_limited", "target": null,
            "debugContext": { "debugData": { "throttleKey": "k", "refusedAt": "40", "retryAt": "1000010", "count": "7",
                "filledBy": "10,20,20,30", "filledByEvents": "a,b,c,d" } } })
    }

    fn log() -> Vec<Value> {
        let other =
            json!({ "uuid": "x", "eventType": "user.session.start", "debugContext": { "debugData": null } });
        let attempts = [("a", 10), ("b", 20), ("c", 20), ("d", 30)].map(|(id, at)| admitted(id, at));
        attempts.into_iter().chain([refused(), other]).collect()
    }

    #[test]
    fn arrays_lines_and_pages_are_read_alike() {
        let array = json!(log()).to_string();
        let lines: Vec<String> = log().iter().map(Value::to_string).collect();
        for text in [array.clone(), lines.join("\n"), format!("{array}\n{array}\n"), format!(" {array} ")] {
            let report = read(text.as_bytes()).unwrap().check();
            assert_eq!((report.admissions, report.refusals, report.refused), (4, 1, 7), "{text}");
            assert_eq!((report.wrong, report.missing), (0, 0), "{report:?}");
        }
        assert_eq!(check(array.as_bytes(), false), Ok(()));
    }

    #[test]
    fn a_fifth_and_a_gap_are_told() {
        let mut events = log();
        events.push(admitted("e", 31));
        assert!(check(json!(events).to_string().as_bytes(), true).is_err());
        let gap: Vec<Value> = log().into_iter().filter(|e| e["uuid"] != "c").collect();
        let gap = json!(gap).to_string();
        assert!(check(gap.as_bytes(), false).unwrap_err().starts_with("one finding"));
        assert_eq!(check(gap.as_bytes(), true), Ok(()), "a killed server leaves gaps");
    }

    #[test]
    fn what_is_no_log_gets_a_sentence() {
        for text in
            ["", "   \n", "17", "{}", "[{}]", "[1]", "null", "\"x\"", "[", "{\"uuid\":", "not json", "[]x"]
        {
            let error = check(text.as_bytes(), false).unwrap_err();
            assert!(
                error.contains("nothing to check") || error.contains("can't be read"),
                "{text:?}: {error}"
            );
        }
        let mut events = log();
        events[0]["debugContext"]["debugData"]["admittedAt"] = json!("yesterday");
        assert!(check(json!(events).to_string().as_bytes(), false).unwrap_err().contains("admittedAt"));
    }
}
