//! The page as text; what it does in a browser is in `browser.rs`.

mod fixture;

use kiln_report::page::render;
use std::fs;

#[test]
fn everything_is_inside_and_nothing_can_break_out() {
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    fixture::train(&run, 0, 400);
    fixture::profile(&run);
    let page = render(&run).unwrap();
    assert!(page.contains("<title>gan-1 &amp; &lt;b&gt; · kiln</title>"));
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script>").count(), 2);
    assert_eq!(page.matches("data:image/png;base64,").count(), 5);
    // The only addresses are the names of XML's vocabularies.
    let addresses = page.match_indices("://").map(|(at, _)| &page[at + 3..at + 13]);
    assert_eq!(addresses.filter(|address| *address != "www.w3.org").count(), 0);
}

#[test]
fn many_sheets_are_thinned() {
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    for step in 0..150 {
        fixture::sheet(&run, step);
    }
    let page = render(&run).unwrap();
    assert_eq!(page.matches("data:image/png;base64,").count(), 60);
    assert!(
        page.contains(r#""sheets":{"found":150,"shown":{"from":0,"steps":[0,2,"#) && page.contains(",149]}")
    );
}

#[test]
fn damaged_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    assert!(render(&run).is_ok());
    fs::write(run.environment(), r#"{"cpu":{"cores":2}}"#).unwrap();
    let message = render(&run).unwrap_err().to_string();
    assert!(message.contains("environment.json is not as kiln writes it: "), "{message}");
    fs::remove_file(run.environment()).unwrap();
    fs::write(run.profile(), "[]").unwrap();
    let message = render(&run).unwrap_err().to_string();
    assert!(message.contains("profile.json is not as kiln writes it: "), "{message}");
    fs::remove_file(run.profile()).unwrap();
    fixture::add_line(&run, "{}");
    let message = render(&run).unwrap_err().to_string();
    assert!(message.contains("line 1 of "), "{message}");
}
