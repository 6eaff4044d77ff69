//! The web app's files: those of the built page, or what Vite's dev server makes of the sources at each request.

mod vite;

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use anyhow::Context;
use bytes::Bytes;
use rust_embed::Embed;

pub use self::vite::Vite;

/// The page every path without a dot shows.
pub(crate) const INDEX: &str = "index.html";

/// The page as it was built when this binary was: a release needs no folder beside it. A debug build looks into the folder
/// each time; where nothing was built there is nothing in it.
#[derive(Embed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Embedded;

/// Where the files come from.
#[derive(Debug, Clone)]
pub enum Web {
    /// The page that was built in this folder, as it is now; while there is none, the one in this binary.
    Built(PathBuf),
    /// Vite's dev server.
    Vite(Vite),
}

/// One file.
pub(crate) struct File {
    pub(crate) bytes: Bytes,
    pub(crate) content_type: String,
}

impl Web {
    /// The file at `path`, which has no slash at its beginning; `None` when there is none.
    pub(crate) async fn read(&self, path: &str) -> anyhow::Result<Option<File>> {
        // Only plain names: nothing above the folder can be named.
        if !Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) {
            return Ok(None);
        }
        let folder = match self {
            Self::Built(folder) => folder,
            Self::Vite(vite) => return vite.read(path).await,
        };
        let bytes = if tokio::fs::try_exists(folder.join(INDEX)).await? {
            on_disk(&folder.join(path)).await?
        } else {
            Embedded::get(path).map(|file| file.data.into_owned().into())
        };
        let content_type = mime_guess::from_path(path).first_or_octet_stream().to_string();
        Ok(bytes.map(|bytes| File { bytes, content_type }))
    }
}

async fn on_disk(path: &Path) -> anyhow::Result<Option<Bytes>> {
    match tokio::fs::read(path).await {
        Ok(bytes) => Ok(Some(bytes.into())),
        // A NUL is an invalid input, and a name that goes on below a file is no name.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound
                    | ErrorKind::NotADirectory
                    | ErrorKind::IsADirectory
                    | ErrorKind::InvalidInput
                    | ErrorKind::InvalidFilename
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_are_read_as_they_are_now_and_nothing_above_them() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("dist");
        std::fs::create_dir_all(folder.join("assets/a.b")).unwrap();
        std::fs::write(dir.path().join("secret.txt"), "secret").unwrap();
        std::fs::write(folder.join(INDEX), "one").unwrap();
        let web = Web::Built(folder.clone());
        let read = async |path: &str| web.read(path).await.unwrap().map(|file| (file.bytes, file.content_type));
        assert_eq!(read(INDEX).await, Some(("one".into(), "text/html".to_owned())));
        std::fs::write(folder.join(INDEX), "two").unwrap();
        assert_eq!(read(INDEX).await.unwrap().0, "two");
        let long = format!("{}.js", "a".repeat(5000));
        let outside = ["../secret.txt", "assets/../../secret.txt", "/etc/passwd", "", "."];
        for path in [&outside[..], &["assets/a.b", "index.html/x.y", "a\0.js", long.as_str()]].concat() {
            assert_eq!(read(path).await, None, "{path:?}");
        }
    }
}
