//! Multipart uploads: parts are bodies of their own until they are put together.

use md5::{Digest, Md5};
use rusqlite::{OptionalExtension, params};
use s3s::{S3Error, S3Result, s3_error};

use super::objects::{Headers, Object, Objects, Stored, Unfinished, hex, internal, remove};
use crate::state::now_ms;

/// S3's smallest part that is not the last.
const MIN_PART: u64 = 5 * 1024 * 1024;

/// One part of an upload.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) number: i32,
    pub(super) size: u64,
    /// Without quotes.
    pub(super) etag: String,
    pub(super) modified_at: i64,
    file: String,
}

/// What a completed upload becomes.
pub(super) struct Completion {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) upload: String,
    /// Part numbers and ETags, as the client says them.
    pub(super) parts: Vec<(i32, String)>,
    pub(super) only_new: bool,
}

impl Objects {
    pub(super) fn begin(&self, bucket: &str, key: &str, headers: &Headers) -> S3Result<String> {
        self.need_bucket(bucket)?;
        let id = uuid::Uuid::new_v4().simple().to_string();
        let headers = serde_json::to_string(headers).map_err(S3Error::internal_error)?;
        let values = params![id, bucket, key, headers, now_ms()];
        let insert = "INSERT INTO uploads VALUES (?1, ?2, ?3, ?4, ?5)";
        self.state.transact(|transaction| Ok(transaction.execute(insert, values)?)).map_err(internal)?;
        Ok(id)
    }

    /// The headers an upload began with.
    pub(super) fn upload(&self, bucket: &str, key: &str, upload: &str) -> S3Result<Headers> {
        let query = "SELECT headers FROM uploads WHERE id = ?1 AND bucket = ?2 AND key = ?3";
        let found: Option<String> = self
            .state
            .transact(|transaction| {
                Ok(transaction.query_row(query, params![upload, bucket, key], |row| row.get(0)).optional()?)
            })
            .map_err(internal)?;
        match found {
            Some(headers) => serde_json::from_str(&headers).map_err(S3Error::internal_error),
            None => Err(s3_error!(NoSuchUpload, "The specified multipart upload does not exist.")),
        }
    }

    pub(super) fn put_part(&self, upload: &str, number: i32, stored: Stored) -> S3Result<String> {
        let (etag, new) = (hex(&stored.md5), self.file(&stored.file));
        let put = self.state.transact(|transaction| {
            // It may have been aborted or completed while the part came in.
            let known =
                transaction.query_row("SELECT 1 FROM uploads WHERE id = ?1", [upload], |_| Ok(())).optional()?;
            if known.is_none() {
                return Ok(None);
            }
            let query = "SELECT file FROM parts WHERE upload = ?1 AND number = ?2";
            let replaced: Option<String> =
                transaction.query_row(query, params![upload, number], |row| row.get(0)).optional()?;
            transaction.execute(
                "INSERT OR REPLACE INTO parts VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![upload, number, stored.file, stored.size, etag, now_ms()],
            )?;
            Ok(Some(replaced))
        });
        match put {
            Ok(Some(replaced)) => {
                if let Some(replaced) = replaced {
                    remove(&self.file(&replaced));
                }
                Ok(etag)
            }
            Ok(None) => {
                remove(&new);
                Err(s3_error!(NoSuchUpload, "The specified multipart upload does not exist."))
            }
            Err(error) => {
                remove(&new);
                Err(internal(error))
            }
        }
    }

    /// The parts of an upload after number `after`, in order.
    pub(super) fn parts(&self, upload: &str, after: i32, most: usize) -> S3Result<Vec<Part>> {
        let query = "SELECT number, file, size, md5, modified_at FROM parts
             WHERE upload = ?1 AND number > ?2 ORDER BY number LIMIT ?3";
        let listed = self.state.transact(|transaction| {
            let mut query = transaction.prepare_cached(query)?;
            let parts = query.query_map(params![upload, after, most], |row| {
                Ok(Part {
                    number: row.get(0)?,
                    file: row.get(1)?,
                    size: row.get(2)?,
                    etag: row.get(3)?,
                    modified_at: row.get(4)?,
                })
            })?;
            Ok(parts.collect::<Result<Vec<_>, _>>()?)
        });
        listed.map_err(internal)
    }

    /// Puts the named parts together. It goes on when the client has hung up: one that asks again finds it done.
    ///
    /// # Errors
    /// `NoSuchUpload`, `InvalidPartOrder`, `InvalidPart`, `EntityTooSmall`, `PreconditionFailed`.
    pub(super) async fn complete(&self, completion: Completion) -> S3Result<Object> {
        let objects = self.clone();
        let completing = tokio::spawn(async move {
            // One after another: the second of the same upload finds nothing left to do.
            let _turn = objects.completions.clone().lock_owned().await;
            objects.complete_now(completion).await
        });
        completing.await.map_err(S3Error::internal_error)?
    }

    async fn complete_now(&self, completion: Completion) -> S3Result<Object> {
        let Completion { bucket, key, upload, parts, only_new } = completion;
        let (bucket, key, upload) = (bucket.as_str(), key.as_str(), upload.as_str());
        let headers = self.upload(bucket, key, upload)?;
        if parts.is_empty() {
            return Err(s3_error!(MalformedXML, "You must specify at least one part"));
        }
        if !parts.is_sorted_by(|one, next| one.0 < next.0) {
            return Err(s3_error!(InvalidPartOrder, "The list of parts was not in ascending order."));
        }
        let stored = self.parts(upload, 0, 10_000)?;
        let mut chosen = Vec::with_capacity(parts.len());
        for (number, etag) in &parts {
            match stored.iter().find(|part| part.number == *number && part.etag == *etag) {
                Some(part) => chosen.push(part.clone()),
                None => return Err(s3_error!(InvalidPart, "Part {number} could not be found or its ETag differs.")),
            }
        }
        if let Some((_, but_last)) = chosen.split_last()
            && but_last.iter().any(|part| part.size < MIN_PART)
        {
            return Err(s3_error!(EntityTooSmall, "A part other than the last is smaller than 5 MiB."));
        }
        let whole = self.join(&chosen).await?;
        let etag = joined_etag(&chosen);
        let object = self.commit(bucket, key, whole, etag, headers, "CompleteMultipartUpload", only_new)?;
        self.forget(upload)?;
        Ok(object)
    }

    /// Copies parts into one file; the kernel shares blocks where the file system can.
    async fn join(&self, parts: &[Part]) -> S3Result<Stored> {
        let name = uuid::Uuid::new_v4().simple().to_string();
        let target = self.file(&name);
        let sources: Vec<_> = parts.iter().map(|part| self.file(&part.file)).collect();
        let size = parts.iter().map(|part| part.size).sum();
        let copied = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
            let mut whole = std::fs::File::create_new(&target)?;
            let unfinished = Unfinished(Some(target));
            for source in sources {
                std::io::copy(&mut std::fs::File::open(source)?, &mut whole)?;
            }
            whole.sync_all()?;
            unfinished.keep();
            Ok(())
        });
        copied.await.map_err(S3Error::internal_error)?.map_err(S3Error::internal_error)?;
        Ok(Stored { file: name, size, md5: Vec::new(), sha256: Vec::new() })
    }

    /// Drops an upload with its parts.
    pub(super) fn forget(&self, upload: &str) -> S3Result<()> {
        let forgotten = self.state.transact(|transaction| {
            let mut query = transaction.prepare("DELETE FROM parts WHERE upload = ?1 RETURNING file")?;
            let files: Vec<String> = query.query_map([upload], |row| row.get(0))?.collect::<Result<_, _>>()?;
            transaction.execute("DELETE FROM uploads WHERE id = ?1", [upload])?;
            Ok(files)
        });
        for file in forgotten.map_err(internal)? {
            remove(&self.file(&file));
        }
        Ok(())
    }

    /// Drops the uploads of a bucket that began before `before`.
    pub(super) fn abort_older(&self, bucket: &str, before: i64) -> anyhow::Result<()> {
        let uploads: Vec<String> = self.state.transact(|transaction| {
            let mut query = transaction.prepare("SELECT id FROM uploads WHERE bucket = ?1 AND initiated_at < ?2")?;
            let ids = query.query_map(params![bucket, before], |row| row.get(0))?;
            Ok(ids.collect::<Result<_, _>>()?)
        })?;
        for upload in uploads {
            self.forget(&upload).map_err(|error| anyhow::anyhow!("{error}"))?;
        }
        Ok(())
    }
}

/// The digest of the parts' digests, and their number.
fn joined_etag(parts: &[Part]) -> String {
    let mut all = Md5::new();
    for part in parts {
        for pair in part.etag.as_bytes().chunks(2) {
            let byte = std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
            all.update([byte.unwrap_or_default()]);
        }
    }
    format!("{}-{}", hex(&all.finalize()), parts.len())
}
