use super::finding::Finding;

/// The call screens the service knows; `None`: it does not say.
pub fn judge(screens: Option<Vec<String>>) -> Finding {
    const CHECK: &str = "screen";
    match screens {
        None => Finding::lacking(
            CHECK,
            "The service does not say whether there is a call screen.",
            "Look whether a call rings: `hookswitch simulate incoming`.",
        ),
        Some(names) if names.is_empty() => Finding::lacking(
            CHECK,
            "No call screen is there: who calls is seen on no display.",
            "Start one, or take calls with `hookswitch watch` and `hookswitch answer`.",
        ),
        Some(names) => Finding::good(CHECK, format!("Calls are shown by {}.", names.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn a_screen_is_there_or_not() {
        assert_eq!(judge(None).verdict, Verdict::Lacking);
        assert_eq!(judge(Some(Vec::new())).verdict, Verdict::Lacking);
        let finding = judge(Some(vec!["phone".into(), "car".into()]));
        assert_eq!(
            (finding.verdict, finding.text.as_str()),
            (Verdict::Good, "Calls are shown by phone, car.")
        );
    }
}
