//! The registry of generators, by which `cargo xtask fixture generate` makes fixtures. Each has a file of its own, named
//! after its database.

mod llama_logs;
mod parts;
mod pets;
mod profiles;

use rehearsal::generate::Generator;

/// All generators.
pub(crate) fn all() -> Vec<Box<dyn Generator>> {
    vec![Box::new(llama_logs::LlamaLogs), Box::new(parts::Parts), Box::new(pets::Pets), Box::new(profiles::Profiles)]
}
