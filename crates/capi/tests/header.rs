//! The header that is installed is the one that the crate makes.

use std::env;
use std::fs;
use std::path::Path;

#[test]
fn the_header_is_what_the_crate_says() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = here.join("../../data/include/hookswitch.h");
    let config = cbindgen::Config::from_file(here.join("cbindgen.toml")).expect("cbindgen.toml");
    let bindings = cbindgen::Builder::new().with_crate(here).with_config(config).generate();
    let mut made = Vec::new();
    bindings.expect("the crate can be read").write(&mut made);
    let made = String::from_utf8(made).expect("a header is text");
    if env::var_os("HEADER").is_some_and(|word| word == "record") {
        fs::write(&file, &made).expect("the header can be written");
    }
    let installed = fs::read_to_string(&file).unwrap_or_default();
    let differs = made.lines().zip(installed.lines()).find(|(made, installed)| made != installed);
    assert!(
        made == installed,
        "{} is not what the crate makes, first at {differs:?}; HEADER=record writes it",
        file.display()
    );
}
