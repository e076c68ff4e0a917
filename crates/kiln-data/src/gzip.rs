//! Streams that may be compressed.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

const MAGIC: [u8; 2] = [0x1F, 0x8B];

/// The bytes of `stream`, decompressed where they are gzip, which is recognised by its first two bytes. Of gzip, all
/// members are read, and zero bytes behind one, as tapes and blocks are filled up with, are skipped.
pub(crate) fn plain<'a>(mut stream: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let (start, got) = fill::<2>(&mut stream)?;
    let whole = io::Cursor::new(start).take(got as u64).chain(stream);
    if start != MAGIC {
        return Ok(Box::new(whole));
    }
    Ok(Box::new(Members(Some(GzDecoder::new(BufReader::new(whole))))))
}

/// The members of a gzip stream, one after the other; none at the end.
struct Members<R: BufRead>(Option<GzDecoder<R>>);

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.0 {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let Some(member) = self.0.take() else { break };
            let mut rest = member.into_inner();
            if skip_zeros(&mut rest)? {
                self.0 = Some(GzDecoder::new(rest));
            }
        }
        Ok(0)
    }
}

/// Reads past zero bytes; whether something follows.
fn skip_zeros(stream: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let bytes = stream.fill_buf()?;
        if bytes.is_empty() {
            return Ok(false);
        }
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        let more = zeros < bytes.len();
        stream.consume(zeros);
        if more {
            return Ok(true);
        }
    }
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
