//! What the local cloud remembers, in one SQLite file: objects, events under way, queues and jobs. One file, so that an
//! event is stored in the same transaction as the change it tells of, and neither can be lost alone.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Mutex<Connection>>);

impl State {
    /// Opens the file and makes the tables that are missing.
    ///
    /// # Errors
    /// When the file cannot be opened or is damaged.
    pub fn open(file: &Path, schemas: &[&str]) -> anyhow::Result<Self> {
        let open = || -> rusqlite::Result<Connection> {
            let connection = Connection::open(file)?;
            // NORMAL: what was committed survives a killed process; a power cut may lose the last moments.
            connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
            for schema in schemas {
                connection.execute_batch(schema)?;
            }
            Ok(connection)
        };
        let connection = open().with_context(|| format!("cannot open {}", file.display()))?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Runs `work` in a transaction that is committed when it succeeds.
    ///
    /// # Errors
    /// Whatever `work` or the commit answers; nothing is changed then.
    pub fn transact<T>(&self, work: impl FnOnce(&Transaction<'_>) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }
}

/// Now in milliseconds, as the database keeps times.
pub(crate) fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}
