/// Somebody who can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Where they are called.
    pub address: String,
    /// What the user calls them.
    pub name: String,
}

/// The contacts of a file: one a line, the address, a space, the name. Without a name the address stands for it; empty lines
/// and those with `#` in front are none.
pub fn read(text: &str) -> Vec<Contact> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let contacts = lines.filter(|line| !line.starts_with('#')).map(|line| {
        let (address, name) = line.split_once(char::is_whitespace).unwrap_or((line, line));
        Contact { address: address.to_owned(), name: name.trim().to_owned() }
    });
    contacts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_contact() {
        let contact = |address: &str, name: &str| Contact {
            address: address.to_owned(),
            name: name.to_owned(),
        };
        let text = "# friends\nanna@example.org  Anna Lee\n\n bob \n";
        assert_eq!(read(text), [contact("anna@example.org", "Anna Lee"), contact("bob", "bob")]);
    }
}
