//! The registry of generators, which `cargo xtask fixture generate` uses to write fixtures. Each database has a
//! folder here; add new generators to [`all`].

mod llama_logs;
mod parts;
mod pets;
mod profiles;

use rehearsal::generate::Generator;

/// All generators.
pub(crate) fn all() -> Vec<Box<dyn Generator>> {
    vec![Box::new(llama_logs::LlamaLogs), Box::new(parts::Parts), Box::new(pets::Pets), Box::new(profiles::Profiles)]
}
