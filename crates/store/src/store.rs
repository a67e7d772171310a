//! The open store.

use crate::conn::Conn;
use crate::dialect::{Text, with_now};
use crate::promotion::Promotion;
use crate::tx::Tx;
use crate::writer::{ConfigChanged, Writer};
use crate::{Result, StoreError, macros, migrate};
use futures_util::future::BoxFuture;
use signet_domain::id::TenantId;
use signet_domain::{Clock, Time};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, SqlitePool};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tracing::Instrument;

/// Which engine a store runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The embedded file: one process.
    Sqlite,
    /// PostgreSQL: any number of nodes.
    Postgres,
}

/// Where the store is.
#[derive(Debug, Clone)]
pub enum Options {
    /// An SQLite file; created if it is missing and `create` is set.
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Whether a missing file is made. A server that expects its data refuses to start without it.
        create: bool,
    },
    /// A `postgres://` URL.
    Postgres {
        /// The URL.
        url: String,
        /// Most connections that this node holds.
        connections: u32,
    },
}

pub(crate) enum Db {
    Sqlite {
        readers: SqlitePool,
        writer: Writer,
        _lock: std::fs::File,
    },
    /// Most use `pool`; `apart` are three connections that requests can't use up: they look for changes, listen
    /// for them, and say that this node is there.
    Postgres {
        pool: PgPool,
        apart: PgPool,
        promotion: Promotion,
    },
}

/// The open store. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    db: Db,
    epoch: i64,
    clock: Clock,
    listener: Listener,
    floor_signer: OnceLock<FloorSigner>,
}

/// Signs that a tenant's log is gone up to an instant.
pub(crate) type FloorSigner = Box<dyn Fn(TenantId, Time) -> Vec<u8> + Send + Sync>;

impl Store {
    /// Opens the store and brings its schema up to date.
    ///
    /// # Errors
    /// When the file is missing and may not be made, another process has it open, the database can't be
    /// reached, or its schema is newer than this binary.
    pub async fn open(options: &Options, clock: Clock) -> Result<Self> {
        let listener = Listener::default();
        let (db, epoch) = match options {
            Options::Sqlite { path, create } => open_sqlite(path, *create, listener.clone()).await?,
            Options::Postgres { url, connections } => open_postgres(url, *connections).await?,
        };
        let store = Self(Arc::new(Inner { db, epoch, clock, listener, floor_signer: OnceLock::new() }));
        if store.engine() == Engine::Postgres {
            // From here on the clock is the database's.
            store.unscoped_changes_since(Time(i64::MAX)).await?;
        }
        Ok(store)
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.0.db {
            Db::Sqlite { .. } => Engine::Sqlite,
            Db::Postgres { .. } => Engine::Postgres,
        }
    }

    /// Has a function called with every tenant whose configuration this node's commits change: after the commit
    /// and before its caller hears of it, so that whoever was told of a change finds it. Only the first counts.
    pub fn on_change(&self, hear: impl Fn(TenantId) + Send + Sync + 'static) {
        let _ = self.0.listener.0.set(Box::new(hear));
    }

    /// One tenant's rows.
    #[must_use]
    pub fn tenant(&self, tenant: TenantId) -> TenantStore {
        TenantStore { store: self.clone(), tenant }
    }

    /// The deployment's epoch.
    #[must_use]
    pub fn epoch(&self) -> i64 {
        self.0.epoch
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        let mut tx = self.read(TenantId(uuid::Uuid::nil())).await?;
        macros::execute!(tx, "SELECT 1").map(|_| ())
    }

    /// Closes all connections, after what is under way.
    pub async fn close(&self) {
        match &self.0.db {
            Db::Sqlite { readers, .. } => readers.close().await,
            Db::Postgres { pool, apart, .. } => {
                apart.close().await;
                pool.close().await;
            }
        }
    }

    pub(crate) async fn read(&self, tenant: TenantId) -> Result<Tx> {
        let conn = match &self.0.db {
            Db::Sqlite { readers, .. } => Conn::Sqlite(readers.acquire().await?),
            Db::Postgres { pool, .. } => Conn::Postgres(pool.acquire().await?),
        };
        Ok(self.tx(tenant, conn))
    }

    /// Whether what the database holds of the last second is whole.
    pub(crate) fn settled(&self) -> Result<()> {
        match &self.0.db {
            Db::Sqlite { .. } => Ok(()),
            Db::Postgres { promotion, .. } => promotion.settled(),
        }
    }

    /// A read that no crowd of requests holds up. Looking for changes is one: if it came late, caches would not be
    /// believed, and every request would ask the database for what they hold.
    pub(crate) async fn read_apart(&self, tenant: TenantId) -> Result<Tx> {
        match &self.0.db {
            Db::Sqlite { .. } => self.read(tenant).await,
            Db::Postgres { apart, .. } => Ok(self.tx(tenant, Conn::Postgres(apart.acquire().await?))),
        }
    }

    #[tracing::instrument(target = "signet::trace", name = "store.write", skip_all)]
    pub(crate) async fn write<R, F>(&self, tenant: TenantId, f: F) -> Result<R>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<R>> + Send + 'static,
    {
        match &self.0.db {
            Db::Sqlite { writer, .. } => {
                writer.write(tenant, self.0.clock.override_now(), with_changes(f)).await
            }
            Db::Postgres { pool, .. } => {
                let mut tx = self.tx(tenant, Conn::PostgresTx(pool.begin().await?));
                let value = with_changes(f)(&mut tx).await?;
                let changed = tx.config_changed;
                if let Conn::PostgresTx(transaction) = tx.conn {
                    transaction.commit().await?;
                }
                if changed {
                    self.0.listener.tell(tenant);
                }
                Ok(value)
            }
        }
    }

    pub(crate) fn floor_signer(&self) -> &OnceLock<FloorSigner> {
        &self.0.floor_signer
    }

    pub(crate) fn db(&self) -> &Db {
        &self.0.db
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    fn tx(&self, tenant: TenantId, conn: Conn) -> Tx {
        let clock_override = self.0.clock.override_now();
        Tx { tenant, conn, epoch: self.0.epoch, txid: 0, seq: 0, clock_override, config_changed: false }
    }
}

/// Who hears of changed configuration.
#[derive(Clone, Default)]
struct Listener(Arc<OnceLock<ConfigChanged>>);

impl Listener {
    fn tell(&self, tenant: TenantId) {
        if let Some(hear) = self.0.get() {
            hear(tenant);
        }
    }
}

/// Ends a write that changed configuration by noting the change where other nodes look for it.
fn with_changes<R, F>(f: F) -> impl for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<R>> + Send + 'static
where
    R: Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<R>> + Send + 'static,
{
    fn boxed<R, F>(f: F, tx: &mut Tx, span: tracing::Span) -> BoxFuture<'_, Result<R>>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<R>> + Send + 'static,
    {
        let work = async move {
            let value = f(&mut *tx).await?;
            if tx.config_changed {
                tx.note_change().await?;
            }
            Ok(value)
        };
        Box::pin(work.instrument(span))
    }
    // SQLite's writer runs it elsewhere.
    let span = tracing::Span::current();
    move |tx| boxed(f, tx, span)
}

/// One tenant's rows.
#[derive(Clone)]
pub struct TenantStore {
    store: Store,
    tenant: TenantId,
}

impl TenantStore {
    /// The tenant.
    #[must_use]
    pub fn id(&self) -> TenantId {
        self.tenant
    }

    /// A connection to read with.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when none is to be had in time.
    pub async fn read(&self) -> Result<Tx> {
        self.store.read(self.tenant).await
    }

    /// Whether what the database holds of the last second is whole; ask with a connection in hand.
    pub(crate) fn settled(&self) -> Result<()> {
        self.store.settled()
    }

    /// Runs a write and answers after its commit. An `Err` rolls it back; a refusal that must persist
    /// something (a replay's revocation) is a value inside `Ok`.
    ///
    /// # Errors
    /// What the closure gives, or [`StoreError::Unavailable`] when it could not be committed.
    pub async fn write<R, F>(&self, f: F) -> Result<R>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<R>> + Send + 'static,
    {
        self.store.write(self.tenant, f).await
    }
}

async fn open_sqlite(path: &Path, create: bool, listener: Listener) -> Result<(Db, i64)> {
    if !create && !path.exists() {
        return Err(StoreError::Unavailable(format!(
            "there is no store at {}: check the data directory, or restore it from a backup",
            path.display()
        )));
    }
    let lock = lock(path)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(create)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // An event fits into a quarter of such a page. In smaller ones most would spill over into a page of their
        // own, three times the space and the time. A file that is there keeps what it has.
        .page_size(8192)
        // Kibibytes for each connection: the upper parts of the indexes of a large log.
        .pragma("cache_size", "-16384")
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(512);
    let write_pool = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.clone())
        .await?;
    migrate::sqlite(&write_pool).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(8)
        .acquire_timeout(Duration::from_secs(5))
        .connect_with(options.read_only(true).create_if_missing(false))
        .await?;
    let (epoch,): (i64,) =
        sqlx::query_as("SELECT COALESCE(MAX(epoch), 1) FROM deployment").fetch_one(&readers).await?;
    let notify = Box::new(move |tenant| listener.tell(tenant));
    let writer = Writer::start(&write_pool, epoch, notify).await?;
    Ok((Db::Sqlite { readers, writer, _lock: lock }, epoch))
}

/// Two processes on one file would each believe that they decide alone.
fn lock(path: &Path) -> Result<std::fs::File> {
    let in_use = |error: &dyn std::fmt::Display| {
        StoreError::InUse(format!(
            "{} can't be locked ({error}): is another signet running on it?",
            path.display()
        ))
    };
    let file = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path.with_extension("lock"))
        .map_err(|e| in_use(&e))?;
    file.try_lock().map_err(|e| in_use(&e))?;
    Ok(file)
}

async fn open_postgres(url: &str, connections: u32) -> Result<(Db, i64)> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| StoreError::Unavailable("the database URL can't be read: check --database-url".into()))?
        .application_name("signet")
        .statement_cache_capacity(512)
        .options([("statement_timeout", "10000"), ("idle_in_transaction_session_timeout", "5000")]);
    let pool_of = |connections| {
        PgPoolOptions::new().max_connections(connections).acquire_timeout(Duration::from_secs(3))
    };
    let promotion = Promotion::default();
    let look = promotion.clone();
    let looking = pool_of(connections).after_connect(move |connection, _| {
        let look = look.clone();
        Box::pin(async move { look.look(connection).await })
    });
    let pool = looking.connect_with(options.clone()).await?;
    let apart = pool_of(3).connect_lazy_with(options);
    migrate::postgres(&pool).await?;
    let (epoch,): (i64,) =
        sqlx::query_as("SELECT COALESCE(MAX(epoch), 1) FROM deployment").fetch_one(&pool).await?;
    Ok((Db::Postgres { pool, apart, promotion }, epoch))
}

impl Tx {
    /// The instant is the database's where there are other nodes: theirs may differ from this one's.
    async fn note_change(&mut self) -> Result<()> {
        const SQL: Text = with_now!("$2":
            "INSERT INTO changes (tenant_id, version, changed_at) VALUES ($1, 1, "; now ")
            ON CONFLICT (tenant_id) DO UPDATE SET version = changes.version + 1, changed_at = excluded.changed_at");
        let now = self.is_sqlite().then(|| self.clock_override.unwrap_or_else(|| Clock::SYSTEM.now()));
        let sql = SQL.of(&self.conn);
        macros::execute!(self, sql, self.tenant, now)?;
        self.tell_listeners().await
    }

    /// Whether statements run on SQLite.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        matches!(self.conn, Conn::Sqlite(_))
    }

    /// The instant that statements with a clock of their own use instead; only tests set it.
    #[must_use]
    pub fn clock_override(&self) -> Option<Time> {
        self.clock_override
    }
}
