//! Whose a STUN packet is.
//!
//! All participants share one socket. A packet from an address that is not known yet must be a STUN binding request;
//! its user name begins with the ICE user fragment that we gave to one participant.

const HEADER_LEN: usize = 20;
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const USERNAME: u16 = 0x0006;

/// The part of a STUN packet's user name that we chose; `None` if it is not STUN or has no user name.
pub fn local_ufrag(packet: &[u8]) -> Option<&str> {
    if packet.len() < HEADER_LEN || packet[0] & 0xc0 != 0 || packet[4..8] != MAGIC_COOKIE {
        return None;
    }
    let mut rest = &packet[HEADER_LEN..];
    while let [kind_high, kind_low, len_high, len_low, after @ ..] = rest {
        let kind = u16::from_be_bytes([*kind_high, *kind_low]);
        let len = usize::from(u16::from_be_bytes([*len_high, *len_low]));
        let value = after.get(..len)?;
        if kind == USERNAME {
            let name = std::str::from_utf8(value).ok()?;
            return name.split(':').next();
        }
        // Attributes are padded to four bytes.
        rest = after.get(len.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut packet = vec![0, 1, 0, 0];
        packet.extend(MAGIC_COOKIE);
        packet.extend([0; 12]);
        for (kind, value) in attributes {
            packet.extend(kind.to_be_bytes());
            packet.extend((value.len() as u16).to_be_bytes());
            packet.extend(*value);
            packet.resize(packet.len().next_multiple_of(4), 0);
        }
        packet
    }

    #[test]
    fn the_user_name_is_found_behind_other_attributes() {
        assert_eq!(
            local_ufrag(&request(&[(0x8022, b"abc"), (USERNAME, b"ours:theirs")])),
            Some("ours")
        );
        assert_eq!(local_ufrag(&request(&[(0x8022, b"abc")])), None);
    }

    #[test]
    fn what_is_cut_short_or_not_stun_is_nobodys() {
        let whole = request(&[(USERNAME, b"ours:theirs")]);
        for len in 0..whole.len() - 1 {
            assert_eq!(local_ufrag(&whole[..len]), None, "{len} bytes");
        }
        let mut rtp = whole.clone();
        rtp[0] = 0x80;
        assert_eq!(local_ufrag(&rtp), None);
        assert_eq!(local_ufrag(&request(&[(USERNAME, &[0xff, 0xfe])])), None);
    }
}
