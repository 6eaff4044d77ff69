//! Where objects are kept. A body is a file of its own with a meaningless name; key, size and headers stand in the state
//! database, so any key is just a key. An object exists from the commit of its row on, together with its event.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use md5::{Digest, Md5};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use s3s::{S3Error, S3Result, s3_error};
use serde_json::json;
use sha2::Sha256;
use tokio::io::AsyncWriteExt;

use crate::bus::{Bus, Event};
use crate::state::{State, now_ms};
use crate::world::Bucket;

/// The tables of this module.
pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, key TEXT NOT NULL,
    file TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, headers TEXT NOT NULL, modified_at INTEGER NOT NULL,
    PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, headers TEXT NOT NULL, initiated_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS parts (
    upload TEXT NOT NULL REFERENCES uploads (id), number INTEGER NOT NULL,
    file TEXT NOT NULL, size INTEGER NOT NULL, md5 TEXT NOT NULL, modified_at INTEGER NOT NULL,
    PRIMARY KEY (upload, number)
) WITHOUT ROWID;";

/// The headers that are kept with an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Headers {
    /// `content-type`.
    pub content_type: Option<String>,
    /// `cache-control`.
    pub cache_control: Option<String>,
    /// `content-disposition`.
    pub content_disposition: Option<String>,
    /// `content-encoding`.
    pub content_encoding: Option<String>,
    /// `x-amz-meta-*`.
    pub metadata: BTreeMap<String, String>,
}

/// One object, without its body.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its key: any text.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Without quotes.
    pub etag: String,
    /// Kept headers.
    pub headers: Headers,
    /// Milliseconds since 1970.
    pub modified_at: i64,
    pub(super) file: String,
}

/// A body that is complete on the disk, and no object yet.
pub(super) struct Stored {
    pub(super) file: String,
    pub(super) size: u64,
    pub(super) md5: Vec<u8>,
    pub(super) sha256: Vec<u8>,
}

/// The objects of every bucket. Cheap to clone.
#[derive(Clone)]
pub struct Objects {
    pub(super) state: State,
    bus: Bus,
    folder: Arc<PathBuf>,
    buckets: Arc<BTreeMap<String, Bucket>>,
    sequence: Arc<AtomicU64>,
    /// Held by the multipart upload that is being completed.
    pub(super) completions: Arc<tokio::sync::Mutex<()>>,
}

impl Objects {
    /// Opens the store in `folder`. Files that no row names were never committed and go.
    pub fn open(folder: PathBuf, buckets: &[Bucket], state: State, bus: Bus) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let named: HashSet<String> = state.transact(|transaction| {
            let mut query = transaction.prepare("SELECT file FROM objects UNION ALL SELECT file FROM parts")?;
            let files = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok(files)
        })?;
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if !named.contains(entry.file_name().to_string_lossy().as_ref()) {
                std::fs::remove_file(entry.path())?;
            }
        }
        let buckets = buckets.iter().map(|bucket| (bucket.name.clone(), bucket.clone())).collect();
        let folder = Arc::new(folder);
        Ok(Self {
            state,
            bus,
            folder,
            buckets: Arc::new(buckets),
            sequence: Arc::default(),
            completions: Arc::default(),
        })
    }

    /// The buckets by name.
    pub fn buckets(&self) -> Arc<BTreeMap<String, Bucket>> {
        self.buckets.clone()
    }

    /// Where the body of an object is. It stays readable for whoever has it open when the object is replaced.
    pub fn path(&self, object: &Object) -> PathBuf {
        self.file(&object.file)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn need_bucket(&self, bucket: &str) -> S3Result<&Bucket> {
        self.buckets.get(bucket).ok_or_else(|| s3_error!(NoSuchBucket, "The specified bucket does not exist"))
    }

    /// The object at `key`.
    ///
    /// # Errors
    /// `NoSuchBucket`, `NoSuchKey`.
    pub fn get(&self, bucket: &str, key: &str) -> S3Result<Object> {
        self.need_bucket(bucket)?;
        let found = self.state.transact(|transaction| find(transaction, bucket, key)).map_err(internal)?;
        found.ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))
    }

    /// Objects whose keys begin with `prefix` and stand after `after`, in the order of their bytes.
    pub fn list(&self, bucket: &str, prefix: &str, after: &str, most: usize) -> S3Result<Vec<Object>> {
        self.need_bucket(bucket)?;
        let query = "SELECT key, file, size, etag, headers, modified_at FROM objects
             WHERE bucket = ?1 AND key > ?2 AND key >= ?3 AND substr(key, 1, length(?3)) = ?3 ORDER BY key LIMIT ?4";
        let listed = self.state.transact(|transaction| {
            let mut query = transaction.prepare_cached(query)?;
            let rows = query.query_map(params![bucket, after, prefix, most], object)?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        });
        listed.map_err(internal)
    }

    /// Writes a body to the disk, at most `limit` bytes.
    pub(super) async fn store<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        &self,
        mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
        limit: u64,
    ) -> S3Result<Stored> {
        let name = uuid::Uuid::new_v4().simple().to_string();
        let path = self.file(&name);
        let mut file = tokio::fs::File::create_new(&path).await.map_err(S3Error::internal_error)?;
        let unfinished = Unfinished(Some(path));
        let (mut size, mut md5, mut sha256) = (0u64, Md5::new(), Sha256::new());
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| {
                let error: Box<dyn std::error::Error + Send + Sync> = error.into();
                // A signature or checksum of the stream that does not hold comes with its own code.
                match error.downcast::<S3Error>() {
                    Ok(error) => *error,
                    Err(error) => s3_error!(IncompleteBody, "The body was cut off: {error}"),
                }
            })?;
            size += chunk.len() as u64;
            if size > limit {
                return Err(s3_error!(EntityTooLarge, "Your proposed upload exceeds the maximum allowed size"));
            }
            md5.update(&chunk);
            sha256.update(&chunk);
            file.write_all(&chunk).await.map_err(S3Error::internal_error)?;
        }
        file.sync_all().await.map_err(S3Error::internal_error)?;
        unfinished.keep();
        Ok(Stored { file: name, size, md5: md5.finalize().to_vec(), sha256: sha256.finalize().to_vec() })
    }

    /// Takes a finished local file as the body of an object; the file is gone afterwards.
    pub async fn adopt(&self, bucket: &str, key: &str, file: &Path, headers: Headers) -> anyhow::Result<()> {
        let open = tokio::fs::File::open(file).await.with_context(|| format!("cannot read {}", file.display()))?;
        open.sync_all().await?;
        let mut stream = tokio_util::io::ReaderStream::with_capacity(open, 256 * 1024);
        let (mut size, mut md5) = (0, Md5::new());
        while let Some(chunk) = stream.next().await {
            let chunk = chunk?;
            size += chunk.len() as u64;
            md5.update(&chunk);
        }
        let name = uuid::Uuid::new_v4().simple().to_string();
        tokio::fs::rename(file, self.file(&name)).await?;
        let stored = Stored { file: name, size, md5: md5.finalize().to_vec(), sha256: Vec::new() };
        let etag = hex(&stored.md5);
        self.commit(bucket, key, stored, etag, headers, "PutObject", false)
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(())
    }

    /// Writes an object in one go. Nothing is read back and nothing is forced to the disk: what a live stream writes each
    /// second survives a killed process, a power cut may lose the last moments. Its ETag is opaque, as that of a multipart
    /// upload is on AWS: hashing a stream would cost more than packaging it.
    pub async fn put(&self, bucket: &str, key: &str, chunks: Vec<Bytes>, headers: Headers) -> anyhow::Result<Object> {
        let name = uuid::Uuid::new_v4().simple().to_string();
        let path = self.file(&name);
        let written = tokio::task::spawn_blocking(move || {
            let mut file = std::fs::File::create_new(&path)?;
            let unfinished = Unfinished(Some(path));
            let mut size = 0;
            for chunk in chunks {
                size += chunk.len() as u64;
                std::io::Write::write_all(&mut file, &chunk)?;
            }
            unfinished.keep();
            anyhow::Ok(size)
        });
        let size = written.await??;
        let etag = format!("{name}-1");
        let stored = Stored { file: name, size, md5: Vec::new(), sha256: Vec::new() };
        self.commit(bucket, key, stored, etag, headers, "PutObject", false).map_err(|error| anyhow::anyhow!("{error}"))
    }

    /// Makes a stored body the object at `key`, together with its event. With `only_new` an object that stands there
    /// already stays as it is.
    ///
    /// # Errors
    /// `PreconditionFailed`.
    #[expect(clippy::too_many_arguments, reason = "they are what an object is made of")]
    pub(super) fn commit(
        &self,
        bucket: &str,
        key: &str,
        stored: Stored,
        etag: String,
        headers: Headers,
        reason: &str,
        only_new: bool,
    ) -> S3Result<Object> {
        let bucket = self.need_bucket(bucket)?;
        let path = self.file(&stored.file);
        let object =
            Object { key: key.to_owned(), size: stored.size, etag, headers, modified_at: now_ms(), file: stored.file };
        let committed = self.state.transact(|transaction| {
            let replaced = find(transaction, &bucket.name, key)?;
            if only_new && replaced.is_some() {
                return Ok(Err(()));
            }
            insert(transaction, &bucket.name, &object)?;
            if bucket.event_bridge {
                self.bus
                    .put(transaction, &self.event("Object Created", bucket, &object, json!({ "reason": reason })))?;
            }
            Ok(Ok(replaced))
        });
        match committed {
            Ok(Ok(replaced)) => {
                if let Some(replaced) = replaced {
                    remove(&self.file(&replaced.file));
                }
                Ok(object)
            }
            Ok(Err(())) => {
                remove(&path);
                Err(s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold"))
            }
            Err(error) => {
                remove(&path);
                Err(internal(error))
            }
        }
    }

    /// Deletes the object at `key`; none is no error.
    pub fn delete(&self, bucket: &str, key: &str) -> S3Result<()> {
        let bucket = self.need_bucket(bucket)?;
        self.delete_if(bucket, key, i64::MAX, json!({ "reason": "DeleteObject" })).map_err(internal)
    }

    /// Deletes what was last changed before `before`.
    pub(super) fn expire(&self, bucket: &str, prefix: &str, before: i64) -> anyhow::Result<()> {
        let Some(bucket) = self.buckets.get(bucket) else { return Ok(()) };
        let query =
            "SELECT key FROM objects WHERE bucket = ?1 AND substr(key, 1, length(?2)) = ?2 AND modified_at < ?3";
        let keys: Vec<String> = self.state.transact(|transaction| {
            let mut query = transaction.prepare(query)?;
            let keys = query.query_map(params![bucket.name, prefix, before], |row| row.get(0))?;
            Ok(keys.collect::<Result<_, _>>()?)
        })?;
        for key in keys {
            self.delete_if(bucket, &key, before, json!({ "reason": "Lifecycle Expiration" }))?;
        }
        Ok(())
    }

    fn delete_if(&self, bucket: &Bucket, key: &str, before: i64, detail: serde_json::Value) -> anyhow::Result<()> {
        let deleted = self.state.transact(|transaction| {
            let Some(object) = find(transaction, &bucket.name, key)?.filter(|object| object.modified_at < before)
            else {
                return Ok(None);
            };
            transaction.execute("DELETE FROM objects WHERE bucket = ?1 AND key = ?2", params![bucket.name, key])?;
            if bucket.event_bridge {
                let mut event = self.event("Object Deleted", bucket, &object, detail);
                event.detail["deletion-type"] = json!("Permanently Deleted");
                self.bus.put(transaction, &event)?;
            }
            Ok(Some(object))
        })?;
        if let Some(object) = deleted {
            remove(&self.file(&object.file));
        }
        Ok(())
    }

    fn event(&self, kind: &str, bucket: &Bucket, object: &Object, more: serde_json::Value) -> Event {
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
        let mut detail = json!({
            "version": "0",
            "bucket": { "name": bucket.name },
            "object": {
                "key": object.key,
                "size": object.size,
                "etag": object.etag,
                "sequencer": format!("{:012X}{sequence:06X}", now_ms()),
            },
            "request-id": uuid::Uuid::new_v4().simple().to_string(),
            "requester": crate::world::ACCOUNT,
            "source-ip-address": "127.0.0.1",
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            detail[name] = value.clone();
        }
        Event::of_service("aws.s3", kind, vec![format!("arn:aws:s3:::{}", bucket.name)], detail)
    }
}

/// A file that goes unless it is kept: the writer may be cancelled at any moment.
pub(super) struct Unfinished(pub(super) Option<PathBuf>);

impl Unfinished {
    pub(super) fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            remove(path);
        }
    }
}

/// A file that cannot be removed costs space only, and the next start tries again.
pub(super) fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::warn!(path = %path.display(), %error, "cannot remove a file");
    }
}

fn find(transaction: &Transaction<'_>, bucket: &str, key: &str) -> anyhow::Result<Option<Object>> {
    let query = "SELECT key, file, size, etag, headers, modified_at FROM objects WHERE bucket = ?1 AND key = ?2";
    Ok(transaction.prepare_cached(query)?.query_row(params![bucket, key], object).optional()?)
}

fn insert(transaction: &Transaction<'_>, bucket: &str, object: &Object) -> anyhow::Result<()> {
    let headers = serde_json::to_string(&object.headers)?;
    let values = params![bucket, object.key, object.file, object.size, object.etag, headers, object.modified_at];
    transaction.execute("INSERT OR REPLACE INTO objects VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", values)?;
    Ok(())
}

fn object(row: &Row<'_>) -> rusqlite::Result<Object> {
    let headers: String = row.get(4)?;
    let headers = serde_json::from_str(&headers)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(4, rusqlite::types::Type::Text, Box::new(error)))?;
    Ok(Object {
        key: row.get(0)?,
        file: row.get(1)?,
        size: row.get(2)?,
        etag: row.get(3)?,
        headers,
        modified_at: row.get(5)?,
    })
}

pub(super) fn internal(error: anyhow::Error) -> S3Error {
    tracing::error!(%error, "the object index cannot be used");
    s3_error!(InternalError, "We encountered an internal error. Please try again.")
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
