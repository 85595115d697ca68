//! `db`: manages the development databases and their PostgreSQL server.

use crate::args::{DbCloneArgs, DbCommand, DbDropArgs, DbShellArgs};
use crate::consent::Consent;
use crate::context::Context;
use crate::environment::hints;
use crate::error::Error;
use crate::target::Missing;
use rehearsal::Exit;
use rehearsal::workspace::Database;
use rehearsal_db::{self as db, Address, Mode, Storage, postgres};
use rehearsal_postgres::{Binaries, Kept};
use std::fs;
use std::path::PathBuf;

/// The folder of the clones.
const CLONES: &str = ".dev/clones";
/// The ending of the marker of a clone on a server.
const ON_SERVER: &str = "postgres";

pub(super) async fn run(context: &Context<'_>, command: &DbCommand) -> Result<Exit, Error> {
    match command {
        DbCommand::Start => start(context).await,
        DbCommand::Stop => stop(context),
        DbCommand::List => list(context).await,
        DbCommand::Shell(args) => shell(context, args).await,
        DbCommand::Clone(args) => clone(context, args).await,
        DbCommand::Drop(args) => remove(context, args).await,
    }
}

async fn start(context: &Context<'_>) -> Result<Exit, Error> {
    let kept = context.start_kept().await?;
    let (_, version) = kept.version();
    context
        .terminal
        .result(&format!("PostgreSQL {version} is running\n  {}", postgres::on_server(kept.options(), "postgres")));
    Ok(Exit::Ok)
}

fn stop(context: &Context<'_>) -> Result<Exit, Error> {
    let stopped = Kept::stop(&context.kept_folder())?;
    context.terminal.result(if stopped {
        "stopped; the databases are preserved"
    } else {
        "the server was not running"
    });
    Ok(Exit::Ok)
}

/// Lists each database with the address of its development database, existing or not.
async fn list(context: &Context<'_>) -> Result<Exit, Error> {
    let mut rows = Vec::new();
    for database in &context.workspace.databases {
        let place = match context.targets(&[database], &crate::args::TargetArgs::default(), Missing::Refuse).await {
            Ok(targets) => {
                let (_, target) = &targets[0];
                let state = match target.open_to_read().await {
                    Ok(connection) => {
                        connection.close().await?;
                        String::new()
                    }
                    Err(db::Error::NoDatabase { .. }) => "   (does not exist)".to_owned(),
                    Err(error) => format!("   ({error})"),
                };
                format!("{}{state}", target.address)
            }
            Err(Error::NoKeptServer { .. }) => "the server is not running".to_owned(),
            Err(error) => return Err(error),
        };
        rows.push((database.name.clone(), place));
    }
    rows.extend(clones(context).into_iter().map(|clone| (clone.name, format!("clone  {}", clone.address))));
    context.terminal.result(&crate::terminal::columns(&rows));
    Ok(Exit::Ok)
}

/// Opens the engine's shell on a development database, or prints the URL if the shell is not installed.
async fn shell(context: &Context<'_>, args: &DbShellArgs) -> Result<Exit, Error> {
    let database = context.workspace.database(&args.database)?;
    let targets = context.targets(&[database], &args.target, Missing::Refuse).await?;
    let (_, target) = &targets[0];
    let name = database.engine.shell();
    let with_server = match database.engine.storage() {
        Storage::File(_) => None,
        Storage::Server => Binaries::find(&hints())?.and_then(|binaries| binaries.program(name)),
    };
    let program = with_server.unwrap_or_else(|| name.into());
    // These variables would redirect the shell to another server.
    let elsewhere = ["PGHOSTADDR", "PGSERVICE", "PGSERVICEFILE"];
    let shell =
        elsewhere.into_iter().fold(duct::cmd(program, target.address.file()), |shell, name| shell.env_remove(name));
    let shell = target.address.environment().into_iter().fold(shell, |shell, (name, value)| shell.env(name, value));
    match shell.unchecked().run() {
        Ok(output) if output.status.success() => Ok(Exit::Ok),
        Ok(_) => Ok(Exit::Failed),
        Err(error) => {
            context.terminal.note(&format!("no shell for {} is installed on this machine ({error})", database.engine));
            context.terminal.result(&target.address.url());
            Ok(Exit::Incomplete)
        }
    }
}

/// Loads a fixture into a new database, migrates it to the newest version and prints the URL.
async fn clone(context: &Context<'_>, args: &DbCloneArgs) -> Result<Exit, Error> {
    let database = context.workspace.database(&args.database)?;
    let name = format!("{}-{}-{}", database.name, args.fixture, jiff::Timestamp::now().strftime("%Y%m%d%H%M%S%3f"));
    let address = place(context, database, &name).await?;
    super::fixture::load_into(context, database, &args.fixture, &address).await?;
    if database.engine.storage().is_server() {
        // A marker, because the server knows only names.
        let folder = context.workspace.root.join(CLONES);
        let written =
            fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(format!("{name}.{ON_SERVER}")), ""));
        written.map_err(|source| Error::Create { path: folder, source })?;
        context.ignore_development_files()?;
    }
    context.terminal.result(&address.url());
    Ok(Exit::Ok)
}

/// A clone of a database.
struct CloneOfDatabase {
    name: String,
    /// The file in the folder of the clones: the database itself, or the marker of one on a server.
    file: PathBuf,
    address: String,
}

/// Returns the clones, by name.
fn clones(context: &Context<'_>) -> Vec<CloneOfDatabase> {
    let folder = context.workspace.root.join(CLONES);
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    let clone = |file: PathBuf| {
        let name = file.file_stem()?.to_str()?.to_owned();
        let address = match file.extension()?.to_str()? {
            ON_SERVER => "on the server of the development databases".to_owned(),
            "sqlite" => format!("sqlite:{}", file.display()),
            _ => return None,
        };
        Some(CloneOfDatabase { name, file, address })
    };
    files.into_iter().filter_map(clone).collect()
}

/// Drops a development database, after asking, or a clone.
async fn remove(context: &Context<'_>, args: &DbDropArgs) -> Result<Exit, Error> {
    if let Some(clone) = clones(context).into_iter().find(|clone| clone.name == args.name) {
        let on_server = clone.file.extension().is_some_and(|ending| ending == ON_SERVER);
        if on_server {
            let Some(kept) = Kept::find(&context.kept_folder())? else {
                return Err(Error::NoKeptServer { database: args.name.clone() });
            };
            postgres::on_server(kept.options(), &clone.name).remove().await?;
        }
        let failed = |source| Error::Create { path: clone.file.clone(), source };
        fs::remove_file(&clone.file).map_err(failed)?;
        context.terminal.result(&format!("dropped {}", clone.name));
        return Ok(Exit::Ok);
    }
    let database = context.workspace.database(&args.name)?;
    let development = crate::args::TargetArgs::default();
    if !context.is_development(database, &development)? {
        return Err(Error::NotDevelopment { database: database.name.clone() });
    }
    for (_, target) in context.targets(&[database], &development, Missing::Refuse).await? {
        if !target.address.exists().await? {
            return Err(db::Error::NoDatabase { place: target.address.url() }.into());
        }
        let place = target.address.url();
        let because = format!("this drops {place} with all its data");
        Consent::of(args.yes).ask(&format!("Drop {place} with all its data?"), because)?;
        target.address.remove().await?;
        context.terminal.result(&format!("dropped {place}"));
    }
    Ok(Exit::Ok)
}

async fn place(context: &Context<'_>, database: &Database, name: &str) -> Result<Address, Error> {
    match database.engine.storage() {
        Storage::File(at) => {
            let file = context.workspace.root.join(CLONES).join(format!("{name}.sqlite"));
            Ok(at(&file, Mode::Create))
        }
        Storage::Server => Ok(postgres::on_server(context.start_kept().await?.options(), name)),
    }
}
