//! What crosses the border between C and Rust: text, structs that grow, panics.

use crate::error::Refusal;
use std::ffi::{CStr, CString, c_char};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Run this. A panic must not cross into C: the answer is `otherwise` then.
pub fn guard<T>(otherwise: T, run: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(otherwise)
}

/// A struct that the app makes. It begins with its size, and every field may be zero.
///
/// # Safety
/// `#[repr(C)]`, its first field is `size: usize`, and all bytes zero is a valid value.
pub unsafe trait Record: Copy {
    /// What the header calls it.
    const NAME: &'static str;
}

/// Copy a struct of the app's, which may be older or newer than ours. Null is all zeros.
///
/// # Safety
/// Null, or it points to as many bytes as its first field says.
pub unsafe fn copy<T: Record>(from: *const T) -> Result<T, Refusal> {
    let mut copy = MaybeUninit::<T>::zeroed();
    if !from.is_null() {
        // SAFETY: not null, so the caller promises at least the size; it may not be aligned for the whole struct.
        let size = unsafe { from.cast::<usize>().read_unaligned() };
        if size < size_of::<usize>() {
            return Err(Refusal::argument(format!(
                "The size of a {} is not set. Set it to sizeof({}).",
                T::NAME,
                T::NAME
            )));
        }
        let length = size.min(size_of::<T>());
        // SAFETY: the app's struct has `size` bytes, ours as many as `T`, and they are different places.
        unsafe { from.cast::<u8>().copy_to_nonoverlapping(copy.as_mut_ptr().cast(), length) };
    }
    // SAFETY: zeros are a valid `T`, and so is what the app wrote: integers, pointers, nullable functions.
    Ok(unsafe { copy.assume_init() })
}

/// Text of the app's, copied; `None` for null.
///
/// # Safety
/// Null, or it points to text that ends with NUL.
pub unsafe fn text(from: *const c_char) -> Result<Option<String>, Refusal> {
    if from.is_null() {
        return Ok(None);
    }
    // SAFETY: not null, so the caller promises text that ends.
    let text = unsafe { CStr::from_ptr(from) };
    match text.to_str() {
        Ok(text) => Ok(Some(text.to_owned())),
        Err(_) => Err(Refusal::argument("A text is not UTF-8. Convert it first.")),
    }
}

/// Text for the app. What cannot be in C, a NUL, ends it.
pub fn c_text(text: &str) -> CString {
    let end = text.find('\0').unwrap_or(text.len());
    CString::new(&text[..end]).unwrap_or_default()
}

/// The pointer of an optional text: null if there is none.
pub fn pointer(text: Option<&CString>) -> *const c_char {
    text.map_or(std::ptr::null(), |text| text.as_ptr())
}

/// Yes, no, or not said.
pub fn tristate(value: i32) -> Option<bool> {
    match value {
        crate::HOOKSWITCH_YES => Some(true),
        crate::HOOKSWITCH_NO => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Start, Update};

    #[test]
    fn a_struct_of_an_older_header_is_filled_with_defaults() {
        let name = c_text("Anna");
        let mut update = Update { size: 0, name: name.as_ptr(), has_video: 1, ..Update::default() };
        // As if the header had ended before `has_video`.
        update.size = std::mem::offset_of!(Update, has_video);
        // SAFETY: a valid struct of at least that size.
        let copied = unsafe { copy(&raw const update) }.unwrap();
        assert_eq!((copied.name, copied.has_video), (name.as_ptr(), 0));
    }

    #[test]
    fn a_struct_of_a_newer_header_is_read_as_far_as_it_is_known() {
        #[repr(C)]
        struct Later {
            start: Start,
            more: u64,
        }
        let start = Start { size: size_of::<Later>(), video: 1, ..Start::default() };
        let later = Later { start, more: u64::MAX };
        // SAFETY: it begins with a valid `Start` and is as large as it says.
        let copied = unsafe { copy((&raw const later).cast::<Start>()) }.unwrap();
        assert_eq!((copied.video, later.more), (1, u64::MAX));
    }

    #[test]
    fn a_size_that_is_not_set_is_refused_with_what_to_do() {
        let start = Start::default();
        // SAFETY: a valid struct.
        let refusal = unsafe { copy(&raw const start) }.unwrap_err();
        assert_eq!(refusal.name, "InvalidArgument");
        assert!(refusal.text.contains("sizeof(hookswitch_start)"), "{}", refusal.text);
    }

    #[test]
    fn text_that_is_not_utf8_is_refused() {
        // SAFETY: text that ends.
        let refused = unsafe { text(c"\xff".as_ptr()) };
        assert_eq!(refused.unwrap_err().name, "InvalidArgument");
        // SAFETY: null is allowed.
        assert_eq!(unsafe { text(std::ptr::null()) }.unwrap(), None);
        assert_eq!(c_text("a\0b").as_bytes(), b"a");
    }

    #[test]
    fn a_panic_ends_at_the_border() {
        assert_eq!(guard(7, || panic!("it must not reach C")), 7);
    }
}
