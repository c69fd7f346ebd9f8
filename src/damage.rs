//! For the property tests of what reads bytes from outside: valid inputs, damaged as transport, bad luck and bad will
//! damage them; and bytes that never were valid.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// One thing done to an input.
#[derive(Debug, Clone)]
enum Edit {
    FlipBit(Index, u8),
    Truncate(Index),
    Remove(Index, Index),
    Duplicate(Index, Index),
    Insert(Index, Vec<u8>),
    Splice(Index, usize, Index, Index),
}

/// What readers take for something of its own.
const MARKS: [&[u8]; 16] = [
    b"\"",
    b",",
    b"\r\n",
    b"\0",
    b"{",
    b"]",
    b"'",
    b"(",
    b"-",
    b"=",
    b"..",
    b"\xef\xbb\xbf",
    b"\xff",
    "\u{202e}\u{1f600}".as_bytes(),
    b"9223372036854775808",
    b"1e308",
];

fn edits(inputs: usize) -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        3 => (at(), 0..8_u8).prop_map(|(place, bit)| Edit::FlipBit(place, bit)),
        1 => at().prop_map(Edit::Truncate),
        2 => (at(), at()).prop_map(|(from, to)| Edit::Remove(from, to)),
        2 => (at(), at()).prop_map(|(from, to)| Edit::Duplicate(from, to)),
        2 => (at(), prop_oneof![select(MARKS.to_vec()).prop_map(<[u8]>::to_vec), vec(any::<u8>(), 1..9)])
            .prop_map(|(place, bytes)| Edit::Insert(place, bytes)),
        2 => (at(), 0..inputs, at(), at()).prop_map(|(place, other, from, to)| Edit::Splice(place, other, from, to)),
    ]
}

fn part<'a>(bytes: &'a [u8], from: &Index, to: &Index) -> &'a [u8] {
    let (from, to) = (from.index(bytes.len() + 1), to.index(bytes.len() + 1));
    &bytes[from.min(to)..from.max(to)]
}

fn insert(bytes: &mut Vec<u8>, place: &Index, more: &[u8]) {
    let place = place.index(bytes.len() + 1);
    bytes.splice(place..place, more.iter().copied());
}

fn apply(bytes: &mut Vec<u8>, edit: &Edit, inputs: &[Vec<u8>]) {
    match edit {
        Edit::FlipBit(place, bit) => {
            if !bytes.is_empty() {
                let place = place.index(bytes.len());
                bytes[place] ^= 1 << bit;
            }
        }
        Edit::Truncate(place) => bytes.truncate(place.index(bytes.len() + 1)),
        Edit::Remove(from, to) => {
            let (from, to) = (from.index(bytes.len() + 1), to.index(bytes.len() + 1));
            bytes.drain(from.min(to)..from.max(to));
        }
        Edit::Duplicate(from, to) => {
            let more = part(bytes, from, to).to_vec();
            insert(bytes, to, &more);
        }
        Edit::Insert(place, more) => insert(bytes, place, more),
        Edit::Splice(place, other, from, to) => insert(bytes, place, part(&inputs[*other], from, to)),
    }
}

/// One of the inputs, with up to five things done to it; or, one time in eight, any bytes.
pub fn damaged<T: AsRef<[u8]>>(inputs: &[T]) -> BoxedStrategy<Vec<u8>> {
    let inputs: Vec<Vec<u8>> = inputs.iter().map(|input| input.as_ref().to_vec()).collect();
    let damaged = (0..inputs.len(), vec(edits(inputs.len()), 0..6)).prop_map(move |(chosen, edits)| {
        let mut bytes = inputs[chosen].clone();
        edits.iter().for_each(|edit| apply(&mut bytes, edit, &inputs));
        bytes
    });
    prop_oneof![7 => damaged, 1 => vec(any::<u8>(), 0..200)].boxed()
}

/// The same of texts; what is no longer one is mended.
pub fn damaged_text(inputs: &[&str]) -> BoxedStrategy<String> {
    damaged(inputs)
        .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .boxed()
}
