//! What the pages say: one file a language, and nothing to read anywhere else.
//!
//! `{provider}`, `{why}`, `{account}` and `{app}` stand for what the words are about.

mod english;
mod german;

use super::kind::{LinkKind, PageKind};
use super::language::Language;

/// The words of one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) lead: &'static str,
    pub(super) note: Option<&'static str>,
}

/// The words that all pages share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Labels {
    /// Before or around the handler's `why`.
    pub(super) why: &'static str,
    pub(super) signed_in: &'static str,
    pub(super) chosen: &'static str,
    pub(super) ways: &'static str,
    pub(super) support: &'static str,
    /// Back, where the app has a name.
    pub(super) back_to: &'static str,
    /// On the button that sends a form.
    pub(super) send: &'static str,
    /// On the button that withdraws all access.
    pub(super) disconnect: &'static str,
    /// Before what was granted with an account, on the page about it.
    pub(super) granted: &'static str,
    /// Where nothing was granted beyond who the person is.
    pub(super) nothing_granted: &'static str,
    /// Before what the person left out.
    pub(super) left_out: &'static str,
    /// Before a date.
    pub(super) since: &'static str,
    /// In the place of a value that is not shown.
    pub(super) hidden: &'static str,
}

impl Language {
    /// What a page says; some say something else of a form that the app had begun with.
    pub(super) fn words(self, kind: PageKind, begun: bool) -> Words {
        let (words, after_begin) = match self {
            Self::English => (english::WORDS, english::AFTER_BEGIN),
            Self::German => (german::WORDS, german::AFTER_BEGIN),
        };
        let after_begin = found(after_begin, kind).filter(|_| begun);
        let words = after_begin.or_else(|| found(words, kind));
        words.unwrap_or(Words { title: "", lead: "", note: None })
    }

    pub(super) fn link(self, kind: LinkKind) -> &'static str {
        let links = match self {
            Self::English => english::LINKS,
            Self::German => german::LINKS,
        };
        found(links, kind).unwrap_or_default()
    }

    pub(super) const fn labels(self) -> Labels {
        match self {
            Self::English => english::LABELS,
            Self::German => german::LABELS,
        }
    }
}

/// What a table says of a kind; that it says something of each is tested.
fn found<K: PartialEq + Copy, V: Copy>(table: &[(K, V)], kind: K) -> Option<V> {
    table.iter().find(|(known, _)| *known == kind).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The places of a text where something is put in.
    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
    }

    fn all(language: Language) -> Vec<&'static str> {
        let pages = PageKind::ALL.iter();
        let pages = pages.flat_map(|kind| [false, true].map(|begun| language.words(*kind, begun)));
        let pages = pages.flat_map(|words| [words.title, words.lead, words.note.unwrap_or("-")]);
        let links = LinkKind::ALL.iter().map(|kind| language.link(*kind));
        pages.chain(links).chain(labels(language.labels())).collect()
    }

    fn labels(labels: Labels) -> [&'static str; 13] {
        let Labels { why, signed_in, chosen, ways, support, back_to, send, .. } = labels;
        let Labels { disconnect, hidden, granted, nothing_granted, left_out, since, .. } = labels;
        [
            why,
            signed_in,
            chosen,
            ways,
            support,
            back_to,
            send,
            disconnect,
            hidden,
            granted,
            nothing_granted,
            left_out,
            since,
        ]
    }

    #[test]
    fn every_page_has_a_title_of_its_own_in_every_language() {
        for language in Language::ALL {
            let titles: BTreeSet<_> =
                PageKind::ALL.iter().map(|kind| language.words(*kind, false).title).collect();
            assert_eq!(titles.len(), PageKind::ALL.len(), "{language:?}");
        }
    }

    #[test]
    fn a_form_that_the_app_had_begun_with_is_spoken_of_in_other_words() {
        for language in Language::ALL {
            for kind in PageKind::ALL {
                let other = language.words(*kind, true) != language.words(*kind, false);
                let form = matches!(kind, PageKind::Held | PageKind::SendAgain | PageKind::Confirm);
                assert_eq!(other, form, "{language:?} {kind:?}");
            }
        }
    }

    /// A translation that forgets a name, or half of its pages, is not one.
    #[test]
    fn every_language_says_the_same() {
        let english = all(Language::English);
        for language in Language::ALL {
            let texts = all(*language);
            assert_eq!(texts.len(), english.len());
            for (text, original) in texts.iter().zip(&english) {
                assert!(!text.trim().is_empty());
                assert_eq!(places(text), places(original), "{text} / {original}");
                let same = *language == Language::English || *original == "-";
                assert_eq!(text == original, same, "{text}");
            }
        }
    }
}
