//! Whether a test that a table names is there, is a test, and is not of a known defect.

/// What is wrong with the test of this name in the file at `path`, if anything. One that only
/// shows a known defect shows nothing else; what is ignored for another reason runs in a stage of its own.
pub fn wrong(path: &str, text: &str, name: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let begins = format!("fn {name}(");
    let is_it = |line: &&str| {
        let words = line.strip_prefix("pub ").unwrap_or(line);
        words.strip_prefix("async ").unwrap_or(words).starts_with(&begins)
    };
    let Some(at) = lines.iter().position(is_it) else {
        return Some(format!("{path} has no test `{name}`"));
    };
    let above = || lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
    if !above().any(|line| line.contains("test")) {
        return Some(format!("`{name}` in {path} is no test"));
    }
    let defect = above().any(|line| line.starts_with("#[ignore = \"known defect"));
    defect.then(|| format!("`{name}` in {path} shows a known defect"))
}

#[test]
fn a_test_is_there_and_passes() {
    let text = "#[test]\nfn one() {}\n\n#[tokio::test]\n#[ignore = \"known defect: loud\"]\nasync fn two() {}\n\n\
                #[tokio::test(start_paused = true)]\nasync fn three() {}\n\nfn four() {}\n";
    assert_eq!(wrong("a.rs", text, "one"), None);
    assert_eq!(wrong("a.rs", text, "three"), None);
    assert_eq!(wrong("a.rs", text, "two").as_deref(), Some("`two` in a.rs shows a known defect"));
    assert_eq!(wrong("a.rs", text, "four").as_deref(), Some("`four` in a.rs is no test"));
    assert_eq!(wrong("a.rs", text, "on").as_deref(), Some("a.rs has no test `on`"));
}
