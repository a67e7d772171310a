//! The chain that shows that a log was changed behind Signet's back: its links, the seals of tenants' events that they
//! name, and the floors that say what went because it isn't kept any longer. What their codes mean is not known here.

use crate::dialect::Text;
use crate::macros::{execute, fetch_all, fetch_one, fetch_optional};
use crate::tenant_deletions::OPERATOR;
use crate::{Result, Store, Tx};
use signet_domain::Time;
use signet_domain::id::TenantId;
use uuid::Uuid;

/// A place in the order of commits over all tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Store epoch.
    pub epoch: i64,
    /// Commit.
    pub txid: i64,
    /// Order within the commit.
    pub seq: i64,
}

impl Place {
    /// Before everything.
    pub const BEGINNING: Self = Self { epoch: 0, txid: 0, seq: -1 };
}

/// A link of the chain.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LogLink {
    /// Rises by one.
    pub number: i64,
    /// It covers what comes after this place, …
    #[sqlx(flatten)]
    pub from: FromPlace,
    /// … and up to this one.
    #[sqlx(flatten)]
    pub to: ToPlace,
    /// When it was made.
    pub sealed_at: Time,
    /// The tenants with events in it, encoded.
    pub tenants: Vec<u8>,
    /// The code of the link before.
    pub previous: Vec<u8>,
    /// Its own.
    pub code: Vec<u8>,
}

/// Where a link begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct FromPlace {
    from_epoch: i64,
    from_txid: i64,
    from_seq: i64,
}

/// Where a link ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct ToPlace {
    to_epoch: i64,
    to_txid: i64,
    to_seq: i64,
}

impl From<FromPlace> for Place {
    fn from(p: FromPlace) -> Self {
        Self { epoch: p.from_epoch, txid: p.from_txid, seq: p.from_seq }
    }
}

impl From<ToPlace> for Place {
    fn from(p: ToPlace) -> Self {
        Self { epoch: p.to_epoch, txid: p.to_txid, seq: p.to_seq }
    }
}

impl From<Place> for FromPlace {
    fn from(p: Place) -> Self {
        Self { from_epoch: p.epoch, from_txid: p.txid, from_seq: p.seq }
    }
}

impl From<Place> for ToPlace {
    fn from(p: Place) -> Self {
        Self { to_epoch: p.epoch, to_txid: p.txid, to_seq: p.seq }
    }
}

/// A tenant's events in a link.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LogSeal {
    /// The link.
    pub number: i64,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Time of the newest event.
    pub newest: Time,
    /// The events, encoded.
    pub entries: Vec<u8>,
}

/// Before when a tenant's log isn't kept any longer.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LogFloor {
    /// The instant.
    pub before: Time,
    /// Shows that Signet wrote it.
    pub code: Vec<u8>,
}

/// Where the chain begins, after what is not kept any longer.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ChainBase {
    /// The last link that was taken away.
    pub number: i64,
    /// Its code.
    pub link_code: Vec<u8>,
    /// Shows that Signet wrote it.
    pub code: Vec<u8>,
}

/// An event as it lies in the store, whatever was done to it there.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct StoredEvent {
    /// Whose log it is in.
    pub tenant_id: TenantId,
    /// Store epoch.
    pub epoch: i64,
    /// Commit.
    pub txid: i64,
    /// Order within the commit.
    pub seq: i64,
    /// The id.
    pub id: Uuid,
    /// When it happened.
    pub published: Time,
    /// Name of the type.
    pub event_type: String,
    /// How much it should worry someone.
    pub severity: String,
    /// How it ended.
    pub outcome: String,
    /// Why.
    pub reason: Option<String>,
    /// Who.
    pub actor_id: String,
    /// The user it concerns.
    pub user_id: Option<String>,
    /// The app it concerns.
    pub client_id: Option<String>,
    /// The authorization server it concerns.
    pub server_id: Option<String>,
    /// The peer's address.
    pub ip: String,
    /// The request.
    pub request_id: Uuid,
    /// The session.
    pub session_id: Option<Uuid>,
    /// The flow.
    pub flow_id: Option<Uuid>,
    /// The grant.
    pub grant_id: Option<Uuid>,
    /// The token.
    pub jti: Option<String>,
    /// What a word search looks through.
    pub words: String,
    /// The rest: JSON, as the engine writes it.
    pub data: String,
}

impl StoredEvent {
    /// Where it lies.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { epoch: self.epoch, txid: self.txid, seq: self.seq }
    }
}

macro_rules! read_events {
    ($where:literal) => {
        concat!(
            "SELECT tenant_id, epoch, txid, seq, id, published, event_type, severity, outcome, reason, actor_id, user_id,
               client_id, server_id, ip, request_id, session_id, flow_id, grant_id, jti, words, CAST(data AS TEXT) AS data
             FROM events WHERE ",
            $where
        )
    };
}

/// As the hourly counts read on.
const NEXT: Text = Text {
    sqlite: read_events!(
        "(epoch, txid, seq) > ($1, $2, $3) AND epoch <= $4 ORDER BY epoch, txid, seq LIMIT $5"
    ),
    postgres: read_events!(
        "(epoch, txid, seq) > ($1, $2, $3)
           AND (epoch, txid) < ($4, CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT))
         ORDER BY epoch, txid, seq LIMIT $5"
    ),
};

/// The rest of a commit: a link never ends inside one.
const REST: &str = read_events!("epoch = $1 AND txid = $2 AND seq > $3 ORDER BY seq, tenant_id");

const BETWEEN: &str = read_events!(
    "(epoch, txid, seq) > ($1, $2, $3) AND (epoch, txid, seq) <= ($4, $5, $6) ORDER BY epoch, txid, seq, tenant_id"
);

/// Where no commit of this store can lie yet.
const AHEAD: Text = Text {
    sqlite: read_events!("epoch > $1 ORDER BY epoch, txid, seq LIMIT $2"),
    postgres: read_events!(
        "epoch > $1 OR (epoch = $1
           AND txid >= CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT))
         ORDER BY epoch, txid, seq LIMIT $2"
    ),
};

impl Store {
    /// Has what says that a tenant's log is gone up to an instant signed by a function. Only the first counts.
    pub fn sign_floors(&self, sign: impl Fn(TenantId, Time) -> Vec<u8> + Send + Sync + 'static) {
        let _ = self.floor_signer().set(Box::new(sign));
    }

    /// The last link; none before the first.
    pub async fn unscoped_last_link(&self) -> Result<Option<LogLink>> {
        const SQL: &str = "SELECT * FROM log_links ORDER BY number DESC LIMIT 1";
        let mut tx = self.read(OPERATOR).await?;
        fetch_optional!(tx, LogLink, SQL)
    }

    /// Links after a number, in order.
    pub async fn unscoped_links(&self, after: i64, limit: i64) -> Result<Vec<LogLink>> {
        const SQL: &str = "SELECT * FROM log_links WHERE number > $1 ORDER BY number LIMIT $2";
        let mut tx = self.read(OPERATOR).await?;
        fetch_all!(tx, LogLink, SQL, after, limit)
    }

    /// The seals that belong to a link.
    pub async fn unscoped_seals(&self, number: i64) -> Result<Vec<LogSeal>> {
        const SQL: &str = "SELECT * FROM log_seals WHERE number = $1 ORDER BY tenant_id";
        let mut tx = self.read(OPERATOR).await?;
        fetch_all!(tx, LogSeal, SQL, number)
    }

    /// Where the chain begins; none where it is whole.
    pub async fn unscoped_chain_base(&self) -> Result<Option<ChainBase>> {
        const SQL: &str = "SELECT number, link_code, code FROM log_chain WHERE id = 1";
        let mut tx = self.read(OPERATOR).await?;
        fetch_optional!(tx, ChainBase, SQL)
    }

    /// Adds a link with its seals, and has the chain begin later if a base is given. False when another node was faster:
    /// nothing is stored.
    pub async fn unscoped_add_link(
        &self,
        link: LogLink,
        seals: Vec<LogSeal>,
        base: Option<ChainBase>,
    ) -> Result<bool> {
        const BASE: &str = "INSERT INTO log_chain (id, number, link_code, code) VALUES (1, $1, $2, $3)
            ON CONFLICT (id) DO UPDATE SET number = $1, link_code = $2, code = $3";
        const LINKS: &str = "DELETE FROM log_links WHERE number <= $1";
        const SEALS: &str = "DELETE FROM log_seals WHERE number <= $1";
        const LINK: &str =
            "INSERT INTO log_links (number, from_epoch, from_txid, from_seq, to_epoch, to_txid, to_seq,
            sealed_at, tenants, previous, code) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)
            ON CONFLICT (number) DO NOTHING";
        const SEAL: &str =
            "INSERT INTO log_seals (number, tenant_id, newest, entries) VALUES ($1, $2, $3, $4)";
        self.write(OPERATOR, move |tx| {
            Box::pin(async move {
                let (from, to) = (link.from, link.to);
                let added = execute!(
                    tx,
                    LINK,
                    link.number,
                    from.from_epoch,
                    from.from_txid,
                    from.from_seq,
                    to.to_epoch,
                    to.to_txid,
                    to.to_seq,
                    link.sealed_at,
                    &link.tenants,
                    &link.previous,
                    &link.code
                )?;
                if added == 0 {
                    return Ok(false);
                }
                for seal in &seals {
                    execute!(tx, SEAL, seal.number, seal.tenant_id, seal.newest, &seal.entries)?;
                }
                if let Some(base) = &base {
                    execute!(tx, BASE, base.number, &base.link_code, &base.code)?;
                    execute!(tx, SEALS, base.number)?;
                    execute!(tx, LINKS, base.number)?;
                }
                Ok(true)
            })
        })
        .await
    }

    /// The events of all tenants that were committed after a place, at most so many and the rest of the last commit.
    pub async fn unscoped_events_to_seal(&self, after: Place, max_rows: i64) -> Result<Vec<StoredEvent>> {
        let mut tx = self.read(OPERATOR).await?;
        let (sql, most) = (NEXT.of(&tx.conn), max_rows.clamp(1, 10_000));
        let mut events =
            fetch_all!(tx, StoredEvent, sql, after.epoch, after.txid, after.seq, tx.epoch, most)?;
        if let Some(last) = events.last().map(StoredEvent::place) {
            events.extend(fetch_all!(tx, StoredEvent, REST, last.epoch, last.txid, last.seq)?);
        }
        Ok(events)
    }

    /// The events of all tenants after a place and up to another.
    pub async fn unscoped_events_between(&self, from: Place, to: Place) -> Result<Vec<StoredEvent>> {
        let mut tx = self.read(OPERATOR).await?;
        fetch_all!(tx, StoredEvent, BETWEEN, from.epoch, from.txid, from.seq, to.epoch, to.txid, to.seq)
    }

    /// Notes that this epoch began with a restore.
    pub async fn unscoped_note_restore(&self, code: Vec<u8>) -> Result<()> {
        const SQL: &str =
            "INSERT INTO log_restores (epoch, code) VALUES ($1, $2) ON CONFLICT (epoch) DO NOTHING";
        let epoch = self.epoch();
        self.write(OPERATOR, move |tx| Box::pin(async move { execute!(tx, SQL, epoch, &code).map(|_| ()) }))
            .await
    }

    /// What was noted when this epoch began; none where nobody said that it was a restore.
    pub async fn unscoped_restore(&self) -> Result<Option<Vec<u8>>> {
        const SQL: &str = "SELECT code FROM log_restores WHERE epoch = $1";
        let mut tx = self.read(OPERATOR).await?;
        Ok(fetch_optional!(tx, (Vec<u8>,), SQL, self.epoch())?.map(|(code,)| code))
    }

    /// Events up to a place, whichever they are: also where no commit ever lay.
    pub async fn unscoped_events_up_to(&self, place: Place) -> Result<Vec<StoredEvent>> {
        const SQL: &str =
            read_events!("(epoch, txid, seq) <= ($1, $2, $3) ORDER BY epoch, txid, seq, tenant_id");
        let mut tx = self.read(OPERATOR).await?;
        fetch_all!(tx, StoredEvent, SQL, place.epoch, place.txid, place.seq)
    }

    /// Events where no commit can lie yet, at most so many.
    pub async fn unscoped_events_ahead(&self, limit: i64) -> Result<Vec<StoredEvent>> {
        let mut tx = self.read(OPERATOR).await?;
        let sql = AHEAD.of(&tx.conn);
        fetch_all!(tx, StoredEvent, sql, tx.epoch, limit)
    }

    /// An event of the operator's log, as it lies in the store.
    pub async fn unscoped_operator_event(&self, id: Uuid) -> Result<Option<StoredEvent>> {
        const SQL: &str = read_events!("tenant_id = $1 AND id = $2");
        let mut tx = self.read(OPERATOR).await?;
        fetch_optional!(tx, StoredEvent, SQL, OPERATOR, id)
    }

    /// What a tenant is or was called.
    pub async fn unscoped_tenant_name(&self, id: TenantId) -> Result<Option<String>> {
        const SQL: &str = "SELECT name FROM tenants WHERE id = $1
            UNION SELECT name FROM tenant_deletions WHERE id = $1";
        let mut tx = self.read(OPERATOR).await?;
        Ok(fetch_optional!(tx, (String,), SQL, id)?.map(|(name,)| name))
    }

    /// How many events there are after a place.
    pub async fn unscoped_events_after(&self, place: Place) -> Result<i64> {
        const SQL: &str = "SELECT COUNT(*) FROM events WHERE (epoch, txid, seq) > ($1, $2, $3)";
        let mut tx = self.read(OPERATOR).await?;
        fetch_one!(tx, (i64,), SQL, place.epoch, place.txid, place.seq).map(|(count,)| count)
    }
}

impl Tx {
    /// Before when the tenant's log is gone.
    pub async fn log_floor_signed(&mut self) -> Result<Option<LogFloor>> {
        const SQL: &str = "SELECT before, code FROM log_floors WHERE tenant_id = $1";
        fetch_optional!(self, LogFloor, SQL, self.tenant)
    }

    /// Says before when the tenant's log is gone. It never falls.
    pub async fn raise_log_floor(&mut self, floor: &LogFloor) -> Result<()> {
        const SQL: &str = "INSERT INTO log_floors AS f (tenant_id, before, code) VALUES ($1, $2, $3)
            ON CONFLICT (tenant_id) DO UPDATE SET before = excluded.before, code = excluded.code
            WHERE f.before < excluded.before";
        execute!(self, SQL, self.tenant, floor.before, &floor.code).map(|_| ())
    }
}
