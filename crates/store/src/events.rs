//! Writing the system log, and reading single events.

use crate::dialect::Text;
use crate::macros::{execute, fetch_all, fetch_optional};
use crate::{Result, Tx};
use signet_domain::event::{Event, EventRow};
use signet_domain::id::{EventId, FlowId, RequestId};
use sqlx::types::Json;

/// The same statement but for the commit's number, which PostgreSQL gives and on SQLite the writer counts.
const INSERT: Text = Text {
    sqlite: "INSERT INTO events (tenant_id, epoch, txid, seq, id, published, event_type, severity, outcome, reason,
        actor_id, user_id, client_id, server_id, ip, request_id, session_id, flow_id, grant_id, jti, words, data)
        VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22)",
    postgres: "INSERT INTO events (tenant_id, epoch, txid, seq, id, published, event_type, severity, outcome, reason,
        actor_id, user_id, client_id, server_id, ip, request_id, session_id, flow_id, grant_id, jti, words, data)
        VALUES ($1,$2,CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT) + CAST($3 AS BIGINT),$4,$5,$6,$7,$8,$9,$10,
        $11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22)",
};

impl Tx {
    /// Writes an event; it commits with whatever else this unit of work does.
    pub async fn append(&mut self, e: &Event) -> Result<()> {
        let sql = INSERT.of(&self.conn);
        let (txid, seq) = (self.txid, self.seq);
        self.seq += 1;
        execute!(
            self,
            sql,
            self.tenant,
            self.epoch,
            txid,
            seq,
            e.id,
            e.published,
            e.event_type.name,
            e.severity,
            e.outcome,
            &e.reason,
            &e.actor.id,
            &e.user_id,
            &e.client_id,
            &e.server_id,
            &e.request.ip,
            e.request.id,
            e.session_id,
            e.flow_id,
            e.grant_id,
            &e.jti,
            e.words(),
            Json(e.data())
        )
        .map(|_| ())
    }

    /// Writes several events.
    #[tracing::instrument(target = "signet::trace", name = "journal.append", skip_all)]
    pub async fn append_all(&mut self, events: &[Event]) -> Result<()> {
        for event in events {
            self.append(event).await?;
        }
        Ok(())
    }

    /// The event with an id.
    pub async fn event(&mut self, id: EventId) -> Result<Option<EventRow>> {
        const SQL: &str = "SELECT * FROM events WHERE tenant_id = $1 AND id = $2";
        fetch_optional!(self, EventRow, SQL, self.tenant, id)
    }

    /// Events of one request, in order.
    pub async fn events_of_request(&mut self, request: RequestId) -> Result<Vec<EventRow>> {
        // The sign keeps SQLite from reading all of the tenant's log only because its key has that order.
        const SQL: &str = "SELECT * FROM events WHERE tenant_id = $1 AND request_id = $2
            ORDER BY +epoch, +txid, seq LIMIT 100";
        fetch_all!(self, EventRow, SQL, self.tenant, request)
    }

    /// Events of one sign-in, in order, from the day that it began.
    pub async fn events_of_flow(&mut self, flow: FlowId, from: signet_domain::Time) -> Result<Vec<EventRow>> {
        const SQL: &str = "SELECT * FROM events WHERE tenant_id = $1 AND flow_id = $2 AND published >= $3
            AND published < $4 ORDER BY +epoch, +txid, seq LIMIT 100";
        fetch_all!(self, EventRow, SQL, self.tenant, flow, from, from.plus_secs(86_400))
    }
}
