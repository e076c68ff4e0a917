//! Streams that may be compressed.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

const MAGIC: [u8; 2] = [0x1F, 0x8B];

/// The bytes of `stream`, decompressed where they are gzip, which is recognised by its first two bytes.
pub(crate) fn plain<'a>(mut stream: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let (start, got) = fill::<2>(&mut stream)?;
    let whole = io::Cursor::new(start).take(got as u64).chain(stream);
    Ok(if start == MAGIC { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) })
}

/// Reads `N` bytes, or as many as there are, and says how many; the rest stay zero.
pub(crate) fn fill<const N: usize>(stream: &mut impl Read) -> io::Result<([u8; N], usize)> {
    let mut bytes = Vec::with_capacity(N);
    let got = stream.take(N as u64).read_to_end(&mut bytes)?;
    bytes.resize(N, 0);
    let mut array = [0; N];
    array.copy_from_slice(&bytes);
    Ok((array, got))
}
