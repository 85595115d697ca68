//! A line of SQL with its keywords and strings in colours, and the place of a finding underlined.

use maud::{Markup, html};
use rehearsal::report::Place;
use rehearsal_db::Engine;
use rehearsal_db::lex::{Kind, Token, tokens};
use std::ops::Range;

/// Returns the line of a place.
pub(super) fn line(engine: Engine, place: &Place) -> Markup {
    let text = place.text.as_str();
    let byte = |characters: usize| text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
    let marked = byte(place.mark)..byte(place.mark + place.width);
    html! {
        pre {
            @for (range, class) in pieces(engine, text, &marked) {
                @let is_marked = range.start >= marked.start && range.end <= marked.end;
                @let piece = &text[range];
                @match (class, is_marked) {
                    ("", false) => (piece),
                    (class, true) => span class={ (class) " mark" } { (piece) },
                    (class, false) => span class=(class) { (piece) },
                }
            }
        }
    }
}

/// Cuts a line at its tokens and at the ends of the mark; each piece has the class of its token.
fn pieces(engine: Engine, text: &str, marked: &Range<usize>) -> Vec<(Range<usize>, &'static str)> {
    let mut pieces: Vec<(Range<usize>, &'static str)> = Vec::new();
    let mut done = 0;
    for token in &tokens(text, engine) {
        // White space lies between tokens.
        pieces.push((done..token.start, ""));
        done = token.start + token.text.len();
        pieces.push((token.start..done, class(token)));
    }
    pieces.push((done..text.len(), ""));
    let cut = |(range, class): (Range<usize>, &'static str)| {
        let mut cuts = vec![range.start];
        cuts.extend([marked.start, marked.end].into_iter().filter(|at| *at > range.start && *at < range.end));
        cuts.push(range.end);
        let ranges: Vec<_> = cuts.windows(2).map(|pair| (pair[0]..pair[1], class)).collect();
        ranges
    };
    pieces.into_iter().flat_map(cut).filter(|(range, _)| !range.is_empty()).collect()
}

fn class(token: &Token<'_>) -> &'static str {
    let is_upper = || token.text.chars().all(|char| char.is_ascii_uppercase() || char == '_');
    match token.kind {
        Kind::String => "string",
        Kind::Word if is_upper() => "key",
        Kind::Comment => "faint",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn pieces_cover_the_line() {
        let check = |text: &str, marked: Range<usize>, expect: &[(&str, &str)]| {
            let pieces = pieces(Engine::ALL[0], text, &marked);
            let got: Vec<(&str, &str)> = pieces.iter().map(|(range, class)| (&text[range.clone()], *class)).collect();
            assert_eq!(got, expect);
        };
        check("", 0..0, &[]);
        check("DROP x;", 0..6, &[("DROP", "key"), (" ", ""), ("x", ""), (";", "")]);
        check("  'a' -- c", 2..3, &[("  ", ""), ("'", "string"), ("a'", "string"), (" ", ""), ("-- c", "faint")]);
        check("größe = 'x", 0..7, &[("größe", ""), (" ", ""), ("=", ""), (" ", ""), ("'x", "string")]);
    }
}
