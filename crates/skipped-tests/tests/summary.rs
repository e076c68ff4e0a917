//! Says at the end of all tests which were skipped. It is no test itself, so that nothing hides what it prints.

fn main() -> std::io::Result<()> {
    println!("{}", skipped_tests::summary()?);
    Ok(())
}
