//! Exports of the system log, and how far they have come.

use crate::id::{LogExportId, TenantId, UserId};
use crate::text_enum::text_enum;
use crate::time::Time;

/// An export that nothing was heard of for so long has ended with its node. One that is alive is told of more often,
/// however slowly its reader takes it.
pub const SILENT_SECONDS: i64 = 60;

text_enum! {
    /// What the file looks like.
    pub enum ExportFormat {
        /// Comma-separated values, safe for spreadsheets.
        Csv = "csv",
        /// One event of the API a line.
        JsonLines = "jsonl",
    }
}

text_enum! {
    /// How an export stands.
    pub enum ExportState {
        /// It is being sent.
        Running = "running",
        /// All was sent.
        Done = "done",
        /// Its reader went away, or its node did.
        BrokenOff = "broken_off",
        /// The store failed.
        Failed = "failed",
    }
}

/// An export, as it was last told of.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LogExport {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id; a later export has a greater one.
    pub id: LogExportId,
    /// Who takes it.
    pub user_id: UserId,
    /// Their login.
    pub made_by: String,
    /// What the file looks like.
    pub format: ExportFormat,
    /// What is searched for, as the log's address has it, with its times fixed.
    pub query: String,
    /// The first instant of its events.
    pub from_at: Time,
    /// The first instant after them: where it begins.
    pub until_at: Time,
    /// The instant it has come back to.
    pub reached_at: Time,
    /// Events that were sent.
    pub events: i64,
    /// Bytes that were sent.
    pub bytes: i64,
    /// How it stands.
    pub state: ExportState,
    /// When it began.
    pub began_at: Time,
    /// When it was last told of.
    pub told_at: Time,
}

impl LogExport {
    /// How it stands at an instant, also if nobody was left to say so.
    #[must_use]
    pub fn state_at(&self, now: Time) -> ExportState {
        let silent = self.told_at < now.plus_secs(-SILENT_SECONDS);
        if self.state == ExportState::Running && silent { ExportState::BrokenOff } else { self.state }
    }

    /// How much of its time range it has gone through, in hundredths. Only one that is done has all of it.
    #[must_use]
    pub fn percent(&self) -> i64 {
        if self.state == ExportState::Done {
            return 100;
        }
        let whole = i128::from(self.until_at.since(self.from_at)).max(1);
        let gone = i128::from(self.until_at.since(self.reached_at)).clamp(0, whole);
        i64::try_from(gone * 100 / whole).unwrap_or(0).min(99)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn export(reached: i64, state: ExportState) -> LogExport {
        LogExport {
            tenant_id: TenantId(Uuid::nil()),
            id: LogExportId(Uuid::nil()),
            user_id: UserId(Uuid::nil()),
            made_by: "eve".to_owned(),
            format: ExportFormat::Csv,
            query: String::new(),
            from_at: Time(1_000),
            until_at: Time(2_000),
            reached_at: Time(reached),
            events: 0,
            bytes: 0,
            state,
            began_at: Time(0),
            told_at: Time(0),
        }
    }

    #[test]
    fn the_share_goes_by_the_time_range_and_is_whole_at_the_end_only() {
        for (reached, percent) in [(2_000, 0), (3_000, 0), (1_380, 62), (1_000, 99), (0, 99)] {
            assert_eq!(export(reached, ExportState::Running).percent(), percent, "{reached}");
        }
        assert_eq!(export(1_500, ExportState::BrokenOff).percent(), 50);
        assert_eq!(export(2_000, ExportState::Done).percent(), 100);
        let point = LogExport { until_at: Time(1_000), ..export(1_000, ExportState::Running) };
        assert_eq!(point.percent(), 0);
    }

    #[test]
    fn an_export_that_fell_silent_is_broken_off() {
        let at = |seconds| Time(0).plus_secs(seconds);
        let running = export(1_500, ExportState::Running);
        assert_eq!(running.state_at(at(SILENT_SECONDS)), ExportState::Running);
        assert_eq!(running.state_at(at(SILENT_SECONDS + 1)), ExportState::BrokenOff);
        assert_eq!(export(1_500, ExportState::Done).state_at(at(9_999)), ExportState::Done);
    }
}
