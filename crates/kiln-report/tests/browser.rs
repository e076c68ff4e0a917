//! The page in a browser.
//!
//! The tests need Chromium; the environment variable `KILN_CHROMIUM` names the program.

mod chromium;
mod fixture;

use std::fs;
use std::path::Path;

use chromium::{Browser, Page};
use kiln_report::{page, watch};
use kiln_train::RunDir;
use serde_json::json;

/// Opens the page of a run as a file.
fn open(browser: &mut Browser, run: &RunDir, folder: &Path) -> Page {
    let file = folder.join("report.html");
    fs::write(&file, page::render(run).unwrap()).unwrap();
    browser.open(&format!("file://{}", file.display()), 1280, 900)
}

/// How many points the line of this class has in a panel, by the name of its colour.
fn points(panel: usize, class: &str) -> String {
    format!(
        "document.querySelectorAll('.panel')[{panel}].querySelector('.{}')?.getAttribute('d').split('L').length",
        class.replace(' ', ".")
    )
}

#[test]
fn a_finished_run_is_shown() {
    let Some(mut browser) = Browser::start(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    fixture::train(&run, 0, 400);
    fixture::profile(&run);
    let page = &mut open(&mut browser, &run, folder.path());

    // The text is what was written, and nothing in it became part of the page.
    assert_eq!(page.eval("document.querySelector('h1').textContent"), "gan-1 & <b>");
    let text = page.eval("document.body.innerText");
    let text = text.as_str().unwrap();
    for part in [
        "finished step 400 of 400, 40 s, 640 images/s",
        "<script>alert('</script>')</script>{{script}}",
        "builtin:glyphs",
        "model.latent",
        "an <abacus>",
        "step 100\nstep 200\nstep 300\nstep 400",
        "5.0 s in 400 steps, 80 % of it in kernels.",
        "generator.<i>0</i>",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert_eq!(page.eval("document.scripts.length"), 2);

    // Two panels: the losses, and kl of training and test set.
    let titles = page.eval("[...document.querySelectorAll('h3')].map((h) => h.textContent).slice(0, 2)");
    assert_eq!(titles, json!(["loss", "kl"]));
    for (panel, class, count) in [
        (0, "raw c0", 40),
        (0, "smooth c0", 40),
        (0, "smooth c1", 40),
        (1, "raw c0", 40),
        (1, "dashed c0", 4),
    ] {
        page.wait_for(&format!("{} === {count}", points(panel, class)));
    }
    assert_eq!(page.eval("document.querySelectorAll('.point').length"), 4);

    // The profile's rows are sums: of three seconds in one part of the model, two went backwards.
    let rows =
        "[...document.querySelectorAll('.profile tbody tr')].map((row) => row.innerText.split(/\\s+/))";
    assert_eq!(page.eval(rows)[0], json!(["generator.<i>0</i>", "3.000", "s", "75", "%"]));
    assert_eq!(page.eval(rows)[2], json!(["matmul", "3.000", "s", "75", "%", "80", "5.333", "1.333"]));
    let widths = "[...document.querySelector('.bar').children]
        .map((part) => Math.round(parseFloat(part.style.width)))";
    assert_eq!(page.eval(widths), json!([33, 67]));
    assert_eq!(page.complaints(), Vec::<serde_json::Value>::new());
}

#[test]
fn curves_are_read_smoothed_and_scaled() {
    let Some(mut browser) = Browser::start(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    fixture::train(&run, 0, 400);
    let page = &mut open(&mut browser, &run, folder.path());
    page.wait_for(&format!("{} === 40", points(0, "raw c0")));

    // The values at a step, in all panels, wherever the mouse is; the last ones when it is gone.
    let keys = "[...document.querySelectorAll('.key')].map((key) => key.textContent)";
    page.point_at(".chart", 0.5, 0.5);
    page.wait_for("document.querySelectorAll('.cross').length === 2");
    let step: u64 =
        page.eval("document.querySelector('.chip').textContent").as_str().unwrap().parse().unwrap();
    assert!((170..=230).contains(&step), "{step}");
    let shown = page.eval(keys);
    let loss = shown[0].as_str().unwrap();
    assert!(loss.starts_with(&format!("d_loss {:.3} (", fixture::d_loss(step))), "{loss}");
    assert_eq!(shown[3], format!("test kl 0.5000{}", if step == 200 { "" } else { " at 200" }));
    page.point_at("h1", 0.5, 0.5);
    page.wait_for("document.querySelectorAll('.cross').length === 0");
    assert!(page.eval(keys)[0].as_str().unwrap().starts_with("d_loss 1.250 ("));

    // The same with keys.
    page.eval("document.querySelector('.chart').focus()");
    page.press("Home");
    page.press("ArrowRight");
    page.wait_for("document.querySelector('.chip')?.textContent === '20'");
    let words = page.eval("document.querySelector('#read-out').textContent");
    assert!(words.as_str().unwrap().starts_with("loss: d_loss 6.000 ("), "{words}");
    page.press("Escape");

    // Without smoothing a line is what was logged.
    page.eval("document.querySelector('#smoothing').focus()");
    page.press("Home");
    page.wait_for("document.querySelectorAll('.raw').length === 0");
    assert_eq!(page.eval("document.querySelector('#smoothing-value').textContent"), "0 %");
    assert_eq!(page.eval(keys)[0], "d_loss 1.250");

    // Logarithms for what has them.
    let labels = "[...document.querySelector('.chart').querySelectorAll('[text-anchor=end]')]
        .map((label) => label.textContent)";
    assert_eq!(
        page.eval("[...document.querySelectorAll('.log')].map((log) => log.disabled)"),
        json!([false, true])
    );
    let linear = page.eval(labels);
    page.click(".log");
    page.wait_for("document.querySelector('.log').ariaPressed === 'true'");
    assert_ne!(page.eval(labels), linear);

    // A curve that is switched off.
    page.click(".key");
    page.wait_for("document.querySelectorAll('.chart')[0].querySelectorAll('.smooth').length === 1");
    assert_eq!(page.complaints(), Vec::<serde_json::Value>::new());
}

#[test]
fn sheets_are_shown_one_by_one() {
    let Some(mut browser) = Browser::start(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    fixture::train(&run, 0, 400);
    let page = &mut open(&mut browser, &run, folder.path());
    // The grey of the picture, which tells its step.
    let grey = "(() => { const canvas = document.createElement('canvas').getContext('2d');
        canvas.drawImage(document.querySelector('#sheet'), 0, 0);
        return canvas.getImageData(5, 5, 1, 1).data[0]; })()";
    let step = "document.querySelector('#sheet-step').textContent";
    page.wait_for(&format!("{grey} === 200"));
    assert_eq!(page.eval(step), "step 400");

    page.eval("document.querySelector('#sheet-slider').focus()");
    page.press("ArrowLeft");
    page.wait_for(&format!("{grey} === 150"));
    assert_eq!(page.eval(step), "step 300");
    page.eval("document.querySelector('.samples figure').focus()");
    page.press("ArrowLeft");
    page.wait_for(&format!("{grey} === 100"));
    page.press("Home");
    page.wait_for(&format!("{grey} === 0"));
    assert_eq!(page.eval("document.querySelector('#sheet').alt"), "Samples of the model after step 0");

    page.click("#play");
    page.wait_for(&format!("{grey} === 200 && document.querySelector('#play').ariaPressed === 'false'"));

    // A click into a chart shows what the model made then.
    page.click(".chart");
    page.wait_for(&format!("{grey} === 100"));
    assert_eq!(page.complaints(), Vec::<serde_json::Value>::new());
}

#[test]
fn a_run_without_anything_is_shown_in_any_size_and_light() {
    let Some(mut browser) = Browser::start(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    let page = &mut open(&mut browser, &run, folder.path());
    let text = page.eval("document.body.innerText");
    for part in ["stopped step 0 of 400", "No samples yet.", "No metrics yet.", "None yet."] {
        assert!(text.as_str().unwrap().contains(part), "{part:?} is not in {text}");
    }
    let ground = "getComputedStyle(document.body).backgroundColor";
    let light = page.eval(ground);
    page.prefer_dark();
    assert_ne!(page.eval(ground), light);
    assert_eq!(page.complaints(), Vec::<serde_json::Value>::new());

    fixture::train(&run, 0, 400);
    fixture::profile(&run);
    let page = &mut open(&mut browser, &run, folder.path());
    for width in [1280, 1101, 900, 600, 390, 320] {
        page.resize(width, 900);
        page.wait_for(&format!("innerWidth === {width}"));
        page.wait_for("document.documentElement.scrollWidth <= document.documentElement.clientWidth");
        // Nothing is cut off, either.
        page.wait_for(
            "[...document.querySelectorAll('.scroll')].every((one) => one.scrollWidth <= one.clientWidth)",
        );
    }
    assert_eq!(page.complaints(), Vec::<serde_json::Value>::new());
}

#[test]
fn any_numbers_are_drawn() {
    let Some(mut browser) = Browser::start(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    for line in [
        r#"{"step":0,"huge":1e300,"near":1e16,"tiny":1e-300,"</script>":0,"flat":5}"#,
        r#"{"step":1,"huge":-1.7e308,"near":10000000000000002,"tiny":-1e-300,"</script>":1,"flat":5}"#,
        r#"{"step":18446744073709551615,"huge":1.7e308,"alone":-3,"test":{"flat":0}}"#,
    ] {
        fixture::add_line(&run, line);
    }
    let page = &mut open(&mut browser, &run, folder.path());
    page.wait_for("document.querySelectorAll('.smooth').length === 6");
    for x in [0.01, 0.99] {
        page.point_at(".chart", x, 0.5);
        page.wait_for("document.querySelectorAll('.chip').length > 0");
    }
    let titles = page.eval("[...document.querySelectorAll('h3')].map((title) => title.textContent)");
    assert_eq!(titles, json!(["huge", "near", "tiny", "</script>", "flat", "alone"]));
    assert_eq!(page.complaints(), Vec::<serde_json::Value>::new());
}

#[test]
fn a_run_is_followed_without_loading_again() {
    let Some(mut browser) = Browser::start(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    fixture::train(&run, 0, 100);
    let server = watch::serve(run.clone(), 0..=0).unwrap();
    let page = &mut browser.open(&server.url(), 1280, 900);
    page.wait_for(&format!("{} === 10", points(0, "smooth c0")));
    page.eval("window.still = 'here'");
    let status = "document.querySelector('.status').innerText";
    assert_eq!(page.eval(status), "stopped step 100 of 400, 10 s, 640 images/s");

    let lock = fs::File::create(run.root().join("run.lock")).unwrap();
    lock.lock().unwrap();
    page.wait_for(&format!("{status}.startsWith('training')"));
    page.eval("document.querySelectorAll('.key')[1].focus()");
    page.eval("window.focused = document.activeElement");
    fixture::train(&run, 100, 200);
    page.wait_for(&format!("{} === 20 && {} === 2", points(0, "smooth c0"), points(1, "dashed c0")));
    page.wait_for("document.querySelector('#sheet-step').textContent === 'step 200'");
    page.wait_for("document.querySelector('#sheet').src.endsWith('/sheets/step-200.png')");
    page.wait_for("document.querySelector('#sheet').naturalWidth === 40");
    page.wait_for(&format!("{status} === 'training step 200 of 400, 20 s, 640 images/s, about 20 s left'"));
    // Who is at a place of the page stays there.
    assert_eq!(
        page.eval("document.activeElement === window.focused && window.focused !== document.body"),
        true
    );

    // A reader of an earlier one stays there.
    page.eval("document.querySelector('#sheet-slider').focus()");
    page.press("Home");
    page.wait_for("document.querySelector('#sheet').src.endsWith('/sheets/step-0.png')");
    fixture::sheet(&run, 210);
    page.wait_for("document.querySelector('#sheet-slider').max === '3'");
    assert_eq!(page.eval("document.querySelector('#sheet-step').textContent"), "step 0");

    // A metric that is new, and a line that is wrong.
    fixture::add_line(&run, r#"{"step":210,"epoch":0,"seconds":11.0,"accuracy":0.5}"#);
    page.wait_for("[...document.querySelectorAll('h3')].some((title) => title.textContent === 'accuracy')");
    fixture::add_line(&run, "nonsense");
    page.wait_for("document.querySelector('#problem').innerText.includes('is not a line of metrics')");
    // Resumed from step 100, which drops what came after.
    fixture::train(&run, 100, 400);
    drop(lock);
    page.wait_for(&format!("{} === 40", points(0, "smooth c0")));
    page.wait_for(
        "document.querySelector('#problem').hidden && document.querySelectorAll('.panel').length === 2",
    );
    page.wait_for(&format!("{status} === 'finished step 400 of 400, 40 s, 640 images/s'"));
    assert_eq!(page.eval("window.still"), "here");
    assert_eq!(page.complaints(), Vec::<serde_json::Value>::new());

    server.stop();
    page.wait_for(&format!("{status}.startsWith('not connected')"));
}

#[test]
fn what_is_never_negative_is_not_drawn_below_zero() {
    let Some(mut browser) = Browser::start(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    for step in 1..=200 {
        let norm = if step < 190 { 50 } else { 0 };
        fixture::add_line(&run, &format!(r#"{{"step":{step},"d_gradient":{norm}}}"#));
    }
    let page = &mut open(&mut browser, &run, folder.path());
    page.eval("document.querySelector('#smoothing').focus()");
    page.press("End");
    page.wait_for("document.querySelector('#smoothing-value').textContent === '20 %'");
    page.wait_for("document.querySelectorAll('.smooth').length === 1");
    // The lowest place of the smooth line is not below that of the line that was logged.
    let lowest = |class: &str| {
        format!(
            "Math.max(...document.querySelector('.{class}').getAttribute('d').split(/[ML]/).slice(1)
                .map((point) => Number(point.split(' ')[1])))"
        )
    };
    page.wait_for(&format!("{} <= {}", lowest("smooth"), lowest("raw")));
}

#[test]
fn a_long_run_is_drawn_as_means_and_bounds() {
    let Some(mut browser) = Browser::start(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    let line =
        |step: u64| format!("{{\"step\":{step},\"loss\":{}}}\n", if step == 777 { 9 } else { step % 2 });
    fs::write(run.metrics(), (1..=20_000).map(line).collect::<String>()).unwrap();
    let page = &mut open(&mut browser, &run, folder.path());
    page.wait_for(&format!("{} === 625 && {} === 1250", points(0, "smooth c0"), points(0, "raw c0")));
    let note = page.eval("document.querySelector('#curves-note').innerText");
    assert!(note.as_str().unwrap().starts_with("Long curves show means of up to 32 logged values"), "{note}");
    // The last value is the one that was logged.
    assert_eq!(page.eval("document.querySelector('.key').textContent"), "loss 0 (0.5000)");
    assert_eq!(page.complaints(), Vec::<serde_json::Value>::new());
}

#[test]
fn all_runs_are_shown_and_lead_to_their_pages() {
    let Some(mut browser) = Browser::start(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    fixture::train(&run, 0, 100);
    let other = fixture::begun(&folder.path().join("sweep"));
    fs::write(other.metrics(), "nonsense\n").unwrap();
    let server = watch::serve_all(folder.path(), 0..=0).unwrap();
    let page = &mut browser.open(&server.url(), 1280, 900);
    let text = page.eval("document.body.innerText");
    for part in [
        "2 runs, 0 training",
        "gan-1 & <b>",
        "on builtin:glyphs",
        "step 100 of 400, 10 s, 640 images/s",
        "sweep/gan-1 & <b>",
        "is not a line of metrics",
    ] {
        assert!(text.as_str().unwrap().contains(part), "{part:?} is not in {text}");
    }
    assert_eq!(page.eval("document.querySelectorAll('.small-chart path').length"), 2);
    page.wait_for("document.querySelector('.newest img:not([hidden])')?.naturalWidth === 40");
    for width in [1280, 390] {
        page.resize(width, 900);
        page.wait_for(&format!("innerWidth === {width}"));
        page.wait_for("document.documentElement.scrollWidth <= document.documentElement.clientWidth");
    }
    page.eval("document.querySelector('a[href^=\"gan\"]').focus()");
    page.eval("window.focused = document.activeElement");
    fixture::train(&run, 100, 200);
    page.wait_for("document.body.innerText.includes('step 200 of 400')");
    assert_eq!(page.eval("document.activeElement === window.focused"), true);

    page.click("a[href^=gan]");
    page.wait_for("document.querySelector('#sheet-step')?.textContent === 'step 200'");
    page.wait_for("document.querySelector('#sheet').naturalWidth === 40");
    fixture::train(&run, 200, 300);
    page.wait_for("document.querySelector('#sheet-step').textContent === 'step 300'");
    assert_eq!(page.complaints(), Vec::<serde_json::Value>::new());
}
