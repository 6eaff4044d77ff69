//! What a message and a guest's name may be. Both are text, never markup: whoever shows them escapes them.

use unicode_normalization::UnicodeNormalization;

use super::frames::Code;

/// Characters (Unicode scalar values) of a message.
const MAX_CHARACTERS: usize = 200;
/// Bytes of a message in UTF-8.
const MAX_BYTES: usize = 1024;
/// Characters of a guest's id and name.
const MAX_NAME: usize = 32;

/// The content of a message as it is stored: in NFC, on one line, trimmed, without control characters and without those
/// that turn the direction of what stands around them (Unicode TR 9, explicit formatting characters).
///
/// # Errors
/// `Empty`, `TooLong`.
pub fn content(text: &str) -> Result<String, Code> {
    let clean = clean(text);
    if clean.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
        return Err(Code::Empty);
    }
    if clean.len() > MAX_BYTES || clean.chars().count() > MAX_CHARACTERS {
        return Err(Code::TooLong);
    }
    Ok(clean)
}

/// A guest's id: 1-32 letters, digits and `._-` of ASCII.
pub fn guest_id(text: &str) -> Option<String> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    (is_plain && (1..=MAX_NAME).contains(&text.len())).then(|| format!("guest:{text}"))
}

/// A guest's name: the same care as for a message, at most 32 characters of it.
pub fn guest_name(text: &str) -> Option<String> {
    let name: String = clean(text).chars().take(MAX_NAME).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// An author's own name for a message: 1-64 visible characters of ASCII.
pub fn is_client_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn clean(text: &str) -> String {
    let flat = text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c });
    let kept: String = flat.filter(|c| !c.is_control() && !turns_direction(*c)).nfc().collect();
    kept.trim().to_owned()
}

/// Characters that join, separate or mark what stands around them and show nothing by themselves.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hundred_characters_are_taken_and_one_more_is_not() {
        let emoji = "\u{1f30a}".repeat(200);
        assert_eq!(content(&emoji).unwrap(), emoji);
        assert_eq!(content(&"x".repeat(201)), Err(Code::TooLong));
        // Counted after normalisation and trimming.
        assert_eq!(content(&format!("  {}  ", "e\u{301}".repeat(200))).unwrap(), "\u{e9}".repeat(200));
    }

    #[test]
    fn what_says_nothing_is_empty() {
        for text in ["", "   ", "\n\t", "\u{0}\u{7}", "\u{202e}\u{2066}", "\u{200e}\u{200b} \u{feff}"] {
            assert_eq!(content(text), Err(Code::Empty), "{text:?}");
        }
    }

    #[test]
    fn control_characters_and_turned_text_are_made_plain() {
        assert_eq!(content("a\nb\u{0}c\u{202e}d").unwrap(), "a bcd");
        // A family is one picture of four, joined by characters that must stay.
        let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
        assert_eq!(content(family).unwrap(), family);
        assert_eq!(content("<b>&amp;</b>").unwrap(), "<b>&amp;</b>");
    }

    #[test]
    fn guests_have_plain_ids_and_short_names() {
        assert_eq!(guest_id("user-1_2.x").as_deref(), Some("guest:user-1_2.x"));
        for wrong in ["", "a b", "usr#1", "\u{e9}", &"x".repeat(33)] {
            assert_eq!(guest_id(wrong), None, "{wrong:?}");
        }
        assert_eq!(guest_name(&format!(" {} ", "n".repeat(40))), Some("n".repeat(32)));
        assert_eq!(guest_name(" \n "), None);
    }
}
