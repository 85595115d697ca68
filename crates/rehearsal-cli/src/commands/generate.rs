//! `fixture generate`: writes a generated fixture of any size to a file or standard output.

use crate::args::FixtureGenerateArgs;
use crate::context::Context;
use crate::error::Error;
use crate::terminal::{count, duration};
use rehearsal::Exit;
use rehearsal::backfill::Stop;
use rehearsal::generate::{Seed, Size, generate, is_generated};
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

pub(super) fn run(context: &Context<'_>, args: &FixtureGenerateArgs) -> Result<Exit, Error> {
    let database = context.workspace.database(&args.database)?;
    let generator = context.registry.generator(&database.name)?;
    context.load(database)?.check_generators()?;
    let size = Size { units: args.units, seed: Seed(args.seed) };
    let write = |out: &mut dyn Write| generate(generator, database.engine, size, out);
    match &args.out {
        None => match write(&mut context.terminal.raw()) {
            // The reader closed the pipe, as `| head` does.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Exit::Ok),
            Err(source) => Err(Error::Write { path: PathBuf::from("standard output"), source }),
            Ok(()) => Ok(Exit::Ok),
        },
        Some(out) => {
            let start = Instant::now();
            let stop = Stop::default();
            listen(&stop);
            match into_file(&context.resolve(out), &stop, write) {
                Err(_) if stop.is_requested() => {
                    context.terminal.note(&context.terminal.err().warning("stopped; nothing was written"));
                    return Ok(Exit::Incomplete);
                }
                written => written?,
            }
            let (terminal, paint) = (context.terminal, context.paint());
            let units = count(args.units, generator.about().unit);
            terminal.result(&format!("{}: {units} with seed {}", paint.strong(&database.name), args.seed));
            terminal.result(&format!(
                "  {}  {} in {}",
                paint.good("written"),
                out.display(),
                duration(start.elapsed())
            ));
            Ok(Exit::Ok)
        }
    }
}

/// Handles Ctrl-C, so that the temporary file is removed.
fn listen(stop: &Stop) {
    let stop = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.request();
        }
    });
}

/// Writes a file completely or not at all: into a temporary file in the same folder, which is then renamed.
fn into_file(path: &Path, stop: &Stop, write: impl Fn(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    // A symbolic link is preserved; the file that it points to is replaced.
    let place = if path.is_symlink() { path.canonicalize().map_err(failed)? } else { path.to_owned() };
    match fs::metadata(&place) {
        Ok(there) if there.is_file() => {
            if !is_generated(&place).map_err(failed)? {
                return Err(Error::NotGenerated { path: path.to_owned() });
            }
        }
        Ok(_) => return Err(Error::NoFile { path: path.to_owned() }),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::metadata(folder).map_err(failed)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".fixture-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are private by default; a fixture gets the usual permissions, reduced by the umask.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    // The original error would name the temporary file.
    let file = builder.tempfile_in(folder).map_err(|error| failed(error.kind().into()))?;
    write(&mut BufWriter::new(Stoppable { file: file.as_file(), stop })).map_err(failed)?;
    file.persist(&place).map_err(|error| failed(error.error))?;
    Ok(())
}

/// A file that refuses further writes after Ctrl-C.
struct Stoppable<'s> {
    file: &'s File,
    stop: &'s Stop,
}

impl Write for Stoppable<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.stop.is_requested() {
            return Err(io::Error::other("stopped"));
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
