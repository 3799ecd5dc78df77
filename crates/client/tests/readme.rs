//! The read-me's first provider is the one that compiles in the crate's documentation, and it is short.

#[test]
fn the_first_provider_of_the_readme_is_the_one_that_compiles() {
    let readme = include_str!("../../../README.md");
    let example = include_str!("../README-example.rs").trim();
    let block = readme.split("```rust,no_run\n").nth(1).and_then(|rest| rest.split("```").next());
    assert_eq!(block.map(str::trim), Some(example));
    assert!(example.lines().count() < 40, "{} lines", example.lines().count());
}
