//! What people in a chat say.

use rand::Rng;
use rand::seq::IndexedRandom;

/// Sentences that stand alone.
const SENTENCES: [&str; 36] = [
    "hello from the night shift",
    "just got here, what did I miss?",
    "that bar never gets tired",
    "is it only me or is this really quick?",
    "my clock says the same, almost",
    "how far behind are you all?",
    "about a second here",
    "less than two seconds on the phone",
    "the tone is in my head now",
    "who else watches this at work",
    "no comment",
    "it went to the left again",
    "it always comes back",
    "I have it on the big screen",
    "greetings from Lisbon",
    "good evening from Osaka",
    "raining here, so I stay",
    "can somebody explain the blocks at the top?",
    "they are a clock for programs",
    "oh, that is clever",
    "my cat follows the bar",
    "mine too",
    "first time here, hi everyone",
    "welcome!",
    "is this recorded?",
    "yes, it becomes a video afterwards",
    "then I can go and eat",
    "do not go now, it is getting good",
    "seven segments are enough for anybody",
    "I could watch this all day",
    "I have watched this all day",
    "what is it about?",
    "time, mostly",
    "deep",
    "the sky is nice, too",
    "same time tomorrow?",
];
/// What some of them end with.
const EMOJI: [&str; 12] = ["🐦", "😂", "👏", "🔥", "❤️", "🎉", "😮", "🌅", "👋", "😎", "🙌", "✨"];
/// The given names of people who chat; a number makes them differ.
const NAMES: [&str; 20] = [
    "amir", "bea", "chidi", "dana", "elif", "femi", "greta", "hana", "ivo", "jun", "kaya", "lars", "mina", "noor",
    "otis", "pia", "quinn", "rosa", "sami", "tove",
];

/// A sentence, with or without an emoji, or some emoji alone.
pub(super) fn phrase(dice: &mut impl Rng) -> String {
    let pick = |from: &[&'static str], dice: &mut _| from.choose(dice).copied().unwrap_or_default();
    match dice.random_range(0..10) {
        0 => pick(&EMOJI, dice).repeat(dice.random_range(1..=3)),
        1..=3 => format!("{} {}", pick(&SENTENCES, dice), pick(&EMOJI, dice)),
        _ => pick(&SENTENCES, dice).to_owned(),
    }
}

/// The username of the chatter with this number.
pub(super) fn username(number: usize) -> String {
    format!("{}_{:02}", NAMES[number % NAMES.len()], number + 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn two_hundred_people_have_names_of_their_own() {
        let names: BTreeSet<String> = (0..200).map(username).collect();
        assert_eq!(names.len(), 200);
        assert!(names.iter().all(|name| (3..=32).contains(&name.len())), "{names:?}");
    }

    #[test]
    fn what_people_say_is_short_and_never_empty() {
        let mut dice = rand::rng();
        for _ in 0..1000 {
            let phrase = phrase(&mut dice);
            assert!((1..=200).contains(&phrase.chars().count()), "{phrase}");
        }
    }
}
