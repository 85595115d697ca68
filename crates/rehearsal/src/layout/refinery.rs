//! refinery: files `V<version>__<name>.sql`, or `U` instead of `V` for versions that may be applied out of order. Each runs in
//! a transaction; none can be reverted.

use super::{BadFile, Layout, SourceFile, ToolMigration, ToolScript, Transaction, file_name};
use rehearsal_db::Engine;

pub(super) struct Refinery;

/// Parses the name of a file.
fn named(file: &SourceFile) -> Option<(i64, String)> {
    let (version, name) = file_name(&file.path).strip_suffix(".sql")?.split_once("__")?;
    let digits = version.strip_prefix(['V', 'U'])?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    Some((digits.parse().ok().filter(|_| is_number)?, name.to_owned()))
}

impl Layout for Refinery {
    fn table(&self) -> &'static str {
        "refinery_schema_history"
    }

    fn ending_of_programs(&self) -> Option<&'static str> {
        Some("rs")
    }

    fn recognises(&self, files: &[SourceFile]) -> bool {
        files.iter().any(|file| named(file).is_some())
    }

    fn migrations(&self, files: &[SourceFile], _: Engine) -> Result<Vec<ToolMigration>, BadFile> {
        let read = |file: &SourceFile| {
            let (version, name) = named(file)?;
            let (path, sql) = (file.path.clone(), file.text.clone());
            let up = ToolScript { path, sql, transaction: Transaction::Wrapped };
            Some(ToolMigration { version, name, up, down: None })
        };
        Ok(files.iter().filter_map(read).collect())
    }
}
