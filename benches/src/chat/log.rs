//! What `chat-broadcast` says in its log of the rooms it has told.

use anyhow::{Context, Result};
use serde::Deserialize;
use skylark_tests::Stack;

/// Sums over its lines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    /// How often a room was told something.
    pub(crate) frames: usize,
    /// Connections that were not there.
    pub(crate) gone: usize,
    /// How often there was such a connection.
    pub(crate) passes_with_gone: usize,
}

#[derive(Deserialize)]
struct Line {
    fields: Fields,
}

#[derive(Deserialize)]
struct Fields {
    message: String,
    #[serde(default)]
    posted: usize,
    #[serde(default)]
    gone: usize,
}

impl Told {
    pub(crate) fn read(stack: &Stack) -> Result<Self> {
        let path = stack.data().join("logs/chat-broadcast.log");
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        // Other lines are the runtime's.
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
        let mut told = Self { frames: 0, gone: 0, passes_with_gone: 0 };
        for Fields { posted, gone, .. } in
            lines.map(|line| line.fields).filter(|fields| fields.message == "a room was told")
        {
            told.frames += usize::from(posted > 0);
            told.gone += gone;
            told.passes_with_gone += usize::from(gone > 0);
        }
        Ok(told)
    }

    pub(crate) fn since(self, before: &Self) -> Self {
        Self {
            frames: self.frames - before.frames,
            gone: self.gone - before.gone,
            passes_with_gone: self.passes_with_gone - before.passes_with_gone,
        }
    }
}
