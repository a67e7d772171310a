//! `signet log verify`: shows whether somebody changed the log behind Signet's back.

use super::{tools, ui};
use crate::config::Config;
use crate::control::Command;
use crate::log_head;
use signet_idp::log_seals::{Head, Report};

/// Checks the log; an error is a sentence for whoever ran it.
pub(super) async fn verify(config: Config, noted: Vec<String>) -> Result<(), String> {
    for text in &noted {
        if Head::parse(text).is_none() {
            return Err(format!(
                "--head {text:?} is none: pass what an earlier `signet log verify` ended with"
            ));
        }
    }
    let mut heads = noted;
    heads.extend(log_head::read(&config)?.map(|head| head.to_string()));
    let answer = tools::perform(config, Command::VerifyLog { heads }).await?;
    let report: Report =
        serde_json::from_str(&answer).map_err(|e| format!("the answer can't be read: {e}"))?;
    for note in &report.notes {
        ui::say(note)?;
    }
    for finding in &report.findings {
        ui::say(&finding.to_string())?;
    }
    if report.more > 0 {
        ui::say(&format!("and {} more", report.more))?;
    }
    ui::say(&summary(&report))?;
    match report.findings.len() {
        0 => Ok(()),
        1 => Err("one finding: the log was changed behind Signet's back".into()),
        n => Err(format!("{} findings: the log was changed behind Signet's back", n as u64 + report.more)),
    }
}

fn summary(report: &Report) -> String {
    let mut text = format!("{} events in {} links are as they were sealed", report.events, report.links);
    text += &match report.unsealed {
        0 => ".".to_owned(),
        1 => "; one is not sealed yet.".to_owned(),
        n => format!("; {n} are not sealed yet."),
    };
    if let Some(head) = &report.head {
        text += &format!("\nKeep this elsewhere, and pass it as --head next time: {head}");
    }
    text
}
