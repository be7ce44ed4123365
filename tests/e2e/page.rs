//! The report in a browser without a network: nothing is cut off, nothing fails.

use std::process::Command;

use crate::workshop::{TINY, Workshop};

/// Asks a headless Chromium for the page's layout at a width. `None` where there is no Chromium.
fn look(workshop: &Workshop, page: &str, width: u32) -> Option<String> {
    let browser = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()))?;
    // The page stands in a frame of the width asked for: a window can't be narrower than 500 pixels.
    let escaped = page.replace('&', "&amp;").replace('"', "&quot;");
    let script = r"
      window.addEventListener('load', () => {
        const d = document.querySelector('iframe').contentDocument, w = document.querySelector('iframe').clientWidth;
        const out = [...d.body.querySelectorAll('*')].filter(e => {
          const r = e.getBoundingClientRect();
          if (!e.checkVisibility() || r.width <= 1 || e.closest('thead') || e.closest('details:not([open])')) return false;
          return r.right > w + 1 || (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== 'visible' && e.tagName !== 'PRE');
        });
        document.body.dataset.result = 'width ' + d.documentElement.scrollWidth + ' cut ' + out.length + ' ' +
          out.slice(0, 5).map(e => e.tagName + '.' + e.className.baseVal + e.className).join(' ') +
          ' requests ' + performance.getEntriesByType('resource').length;
      });";
    let frame = format!("<iframe style=\"width:{width}px;height:900px;border:0\" srcdoc=\"{escaped}\"></iframe>");
    workshop
        .write("look.html", format!("<!doctype html><body style=\"margin:0\">{frame}<script>{script}</script></body>"));
    let profile = tempfile::tempdir().unwrap();
    let flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--dump-dom"];
    let quiet =
        ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr"];
    let output = Command::new(browser)
        .args(flags)
        .args(quiet)
        .arg("--host-resolver-rules=MAP * ~NOTFOUND")
        .arg("--window-size=1400,900")
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}", workshop.path("look.html").display()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let console: Vec<&str> = said.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(console.is_empty(), "{console:?}");
    let dom = String::from_utf8_lossy(&output.stdout);
    let result = dom.split("data-result=\"").nth(1).and_then(|rest| rest.split('"').next());
    Some(result.unwrap_or_else(|| panic!("the browser did not answer: {said}")).to_owned())
}

#[test]
fn the_page_fits_a_screen_and_a_phone() {
    let workshop = Workshop::new().with("x.toml", TINY);
    workshop.run(&[]);
    let page = workshop.read("reports/x/paper/index.html");
    for reference in ["<script ", "src=", "href=\"http", "@import", "url("] {
        assert!(!page.contains(reference), "the page must stand alone, and has {reference}");
    }
    for width in [1280, 400] {
        match look(&workshop, &page, width) {
            Some(result) => {
                // A scroll bar takes a few pixels of the frame.
                let wide: u32 = result.split(' ').nth(1).unwrap().parse().unwrap();
                let sound = wide <= width && result.contains(" cut 0 ") && result.ends_with(" requests 0");
                assert!(sound, "{width}: {result}");
            }
            None => println!("skipped: no chromium"),
        }
    }
}

/// The check looks at widths, colours, paper and keyboard; with `AXE_PATH`, the path of axe-core's `axe.min.js`, at
/// accessibility too.
#[test]
fn the_page_with_clips_passes_its_check_in_a_browser() {
    let text = TINY.replace("\n[report.paper]", "\n[report.paper]\nframes = \"@frames\"");
    let workshop = Workshop::new().with("x.toml", &text);
    workshop.run(&[]);
    let page = workshop.read("reports/x/paper/index.html");
    assert!(page.contains("Models and reference disagree most") && page.contains("class=\"film\""));
    let there = |name: &str| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    if !there("chromium") || !there("node") {
        println!("skipped: no chromium or no node");
        return;
    }
    let check = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/page/check.mjs");
    let output = Command::new("node").arg(check).arg(workshop.path("reports/x/paper/index.html")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    println!("{}", said.trim());
}
