//! The command line as clap types, and [`run`], which executes a command.
//!
//! A command returns its output as text; `main` writes it. A new command is a variant of `PetCommand` and an arm
//! in [`run`].

mod database;
mod text;

use app::pets::{self, NewPet, PetError, Temperament};
use clap::builder::RangedI64ValueParser;
use clap::{Parser, Subcommand};
use uuid::Uuid;

use self::database::DatabaseError;

/// Lists, shows, draws and creates pets in the development database.
#[derive(Debug, Parser)]
#[command(name = "app", version, after_help = database::HELP)]
pub(crate) struct Args {
    #[command(subcommand)]
    system: System,
}

#[derive(Debug, Subcommand)]
enum System {
    /// List, show, draw or create pets.
    #[command(subcommand)]
    Pet(PetCommand),
}

#[derive(Debug, Subcommand)]
enum PetCommand {
    /// List pets by name: id, rarity, name.
    List {
        /// The maximum number of pets to list.
        #[arg(long, value_name = "N", default_value_t = 200)]
        limit: u32,
    },
    /// Show a pet with all its traits.
    Show {
        /// The pet's id.
        id: Uuid,
    },
    /// Draw a pet as SVG.
    Draw {
        /// The pet's id.
        id: Uuid,
    },
    /// Create a pet and show it.
    Create(CreateArgs),
}

#[derive(Debug, clap::Args)]
struct CreateArgs {
    /// The id of the user who owns the pet.
    #[arg(long, value_name = "ID")]
    user: String,
    /// The pet's name.
    #[arg(long)]
    name: String,
    /// The id of a parent; may be given twice.
    #[arg(long = "parent", value_name = "ID")]
    parents: Vec<Uuid>,
    /// 0 to 100.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = percent())]
    friendliness: u8,
    /// 0 to 100.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = percent())]
    energy: u8,
    /// 0 to 100.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = percent())]
    curiosity: u8,
    /// 0 to 100.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = percent())]
    patience: u8,
    /// 0 to 100.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = percent())]
    playfulness: u8,
}

fn percent() -> RangedI64ValueParser<u8> {
    RangedI64ValueParser::new().range(0..=i64::from(Temperament::MAX))
}

/// A failure of a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Pet(#[from] PetError),
    #[error("a pet has at most two parents, but {0} were given: remove some of them")]
    TooManyParents(usize),
}

impl CliError {
    /// Whether the cause is the command line or the configuration, not the database.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(
            self,
            CliError::TooManyParents(_) | CliError::Database(DatabaseError::DotEnv(_) | DatabaseError::Url { .. })
        )
    }
}

/// Runs a command and returns its output.
pub(crate) async fn run(args: Args) -> Result<String, CliError> {
    let System::Pet(command) = args.system;
    let mut conn = database::connect().await?;
    Ok(match command {
        PetCommand::List { limit } => {
            // One pet more than the limit shows whether there are more.
            let pets = pets::list(&mut conn, limit.saturating_add(1)).await?;
            text::list(&pets, limit as usize)
        }
        PetCommand::Show { id } => text::pet(&pets::get(&mut conn, id).await?),
        PetCommand::Draw { id } => pets::svg::render(&pets::get(&mut conn, id).await?.traits),
        PetCommand::Create(args) => text::pet(&pets::create(&mut conn, args.try_into()?).await?),
    })
}

impl TryFrom<CreateArgs> for NewPet {
    type Error = CliError;

    fn try_from(args: CreateArgs) -> Result<NewPet, CliError> {
        let parents = match *args.parents.as_slice() {
            [] => [None, None],
            [one] => [Some(one), None],
            [one, two] => [Some(one), Some(two)],
            ref more => return Err(CliError::TooManyParents(more.len())),
        };
        Ok(NewPet {
            name: args.name,
            user_id: args.user,
            temperament: Temperament {
                friendliness: args.friendliness,
                energy: args.energy,
                curiosity: args.curiosity,
                patience: args.patience,
                playfulness: args.playfulness,
            },
            parents,
        })
    }
}
