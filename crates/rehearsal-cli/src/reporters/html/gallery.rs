//! Pictures that the app draws of a few units, before and after the change. A picture is an image: no script in it runs.

use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rehearsal::gallery::Pair;
use rehearsal::report::{DatabaseReport, ProofReport};

/// Returns the gallery of a database.
pub(super) fn section(database: &DatabaseReport) -> Markup {
    let all: Vec<(&ProofReport, Vec<Pair>)> =
        database.proofs.iter().filter_map(|proof| Some((proof, pairs(proof)?))).collect();
    html! {
        @for (proof, pairs) in all {
            h3 { "Before and after " span.faint { "with " (proof.fixture.as_deref().unwrap_or_default()) } }
            div.gallery { @for pair in &pairs { (figure(pair)) } }
        }
    }
}

fn figure(pair: &Pair) -> Markup {
    let caption = &pair.caption;
    html! {
        figure {
            div.pair { (picture(pair.before.as_deref(), &format!("{caption} before"))) (picture(pair.after.as_deref(), &format!("{caption} after"))) }
            figcaption { (caption) }
        }
    }
}

fn picture(svg: Option<&str>, alt: &str) -> Markup {
    match svg {
        Some(svg) => {
            html! { img alt=(alt) src={ "data:image/svg+xml," (utf8_percent_encode(svg, NON_ALPHANUMERIC)) }; }
        }
        None => html! { span.faint { "nothing to draw" } },
    }
}

fn pairs(proof: &ProofReport) -> Option<Vec<Pair>> {
    serde::Deserialize::deserialize(proof.figures.get("gallery")?).ok()
}
