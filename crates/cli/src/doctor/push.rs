use super::bus::Names;
use super::finding::Finding;
use crate::words;

/// What wakes apps for calls: a UnifiedPush distributor.
pub fn judge(names: &Names) -> Finding {
    const CHECK: &str = "push";
    match names.beginning("org.unifiedpush.Distributor.").next() {
        Some(name) => Finding::good(CHECK, format!("{} wakes apps.", words::clean(name))),
        None => Finding::lacking(
            CHECK,
            "No push distributor is here: an app that does not run is not woken for a call.",
            "Keep apps that shall ring running, or install a UnifiedPush distributor.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn any_distributor_will_do() {
        let one = Names::of(&[], &["org.unifiedpush.Distributor.kde"]);
        assert_eq!(judge(&one).verdict, Verdict::Good);
        assert_eq!(
            judge(&Names::of(&["org.unifiedpush.Distributor"], &[])).verdict,
            Verdict::Lacking
        );
    }
}
