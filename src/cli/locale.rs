//! Which language the environment asks for.

use crate::rule::cause::Tongue;

/// The language of messages, as the locale says: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set decides.
pub fn tongue(variable: impl Fn(&str) -> Option<String>) -> Tongue {
    let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
    let mut set = names.iter().filter_map(|name| variable(name));
    let locale = set.find(|value| !value.is_empty()).unwrap_or_default();
    if locale == "zh" || locale.starts_with("zh_") || locale.starts_with("zh.") {
        Tongue::Zh
    } else {
        Tongue::En
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_decides() {
        for (all, messages, lang, tongue_of) in [
            ("", "", "", Tongue::En),
            ("", "", "zh_CN.UTF-8", Tongue::Zh),
            ("", "en_GB.UTF-8", "zh_CN.UTF-8", Tongue::En),
            ("C", "zh_CN", "zh_CN", Tongue::En),
            ("zh_TW.UTF-8", "en_GB.UTF-8", "", Tongue::Zh),
            ("", "zh", "en_US", Tongue::Zh),
            ("", "", "zha_CN", Tongue::En),
        ] {
            let variable = |name: &str| {
                let value = match name {
                    "LC_ALL" => all,
                    "LC_MESSAGES" => messages,
                    _ => lang,
                };
                Some(value.to_owned())
            };
            assert_eq!(tongue(variable), tongue_of, "{all} {messages} {lang}");
        }
        assert_eq!(tongue(|_| None), Tongue::En);
    }
}
