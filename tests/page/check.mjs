// Looks at a report in a headless Chromium: three widths, light and dark, on paper, by keyboard, and with axe-core.
//
//   node tests/page/check.mjs PAGE.html [FOLDER]
//
// FOLDER is where screenshots go; without it none are taken. CHROMIUM names the browser. AXE_PATH names `axe.min.js` of
// axe-core (tried with 4.14.1): `npm install axe-core` in a folder of its own; nothing is fetched here. Prints one line a
// finding and ends with 1 where there is any.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const WIDTHS = [360, 768, 1280];
const [page, folder] = process.argv.slice(2);
if (!page) {
  console.error('usage: node tests/page/check.mjs PAGE.html [FOLDER]');
  process.exit(2);
}
const findings = [];
const finding = text => { findings.push(text); console.log(text); };

const profile = mkdtempSync(join(tmpdir(), 'page-'));
const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--remote-debugging-pipe',
  '--disable-background-networking', '--disable-component-update', '--host-resolver-rules=MAP * ~NOTFOUND',
  `--user-data-dir=${profile}`, 'about:blank'];
const browser = spawn(process.env.CHROMIUM ?? 'chromium', flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
const done = code => {
  browser.once('exit', () => {
    // Its helpers may write for a moment longer; what they leave behind is no finding.
    try { rmSync(profile, { recursive: true, force: true, maxRetries: 20 }); } catch (error) { console.error(String(error)); }
    process.exit(code);
  });
  browser.kill();
};
browser.on('error', error => { console.error(String(error)); process.exit(2); });

// The browser's pipe: JSON messages with a zero byte between.
let last = 0, rest = '', session;
const waiting = new Map(), listening = [];
browser.stdio[4].on('data', data => {
  const parts = (rest + data).split('\0');
  rest = parts.pop();
  for (const part of parts) {
    const message = JSON.parse(part);
    if (message.id) {
      const [resolved, rejected] = waiting.get(message.id);
      waiting.delete(message.id);
      message.error ? rejected(new Error(message.error.message)) : resolved(message.result);
    } else listening.forEach(listen => listen(message.method, message.params));
  }
});
const ask = (method, params = {}) => new Promise((resolved, rejected) => {
  waiting.set(++last, [resolved, rejected]);
  browser.stdio[3].write(JSON.stringify({ id: last, method, params, sessionId: session }) + '\0');
});
const heard = wanted => new Promise(resolved => {
  const listen = (method, params) => {
    if (method === wanted) { listening.splice(listening.indexOf(listen), 1); resolved(params); }
  };
  listening.push(listen);
});
const evaluate = async expression => {
  const { result, exceptionDetails } = await ask('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value;
};
const press = async (key, code = key, text) => {
  await ask('Input.dispatchKeyEvent', { type: 'keyDown', key, code, text, windowsVirtualKeyCode: { Enter: 13, Escape: 27, ArrowRight: 39 }[key] });
  await ask('Input.dispatchKeyEvent', { type: 'keyUp', key, code });
};

const look = async (name, width, scheme, media) => {
  await ask('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: false });
  await ask('Emulation.setEmulatedMedia', { media, features: [{ name: 'prefers-color-scheme', value: scheme }] });
  const loaded = heard('Page.loadEventFired');
  await ask('Page.navigate', { url: pathToFileURL(resolve(page)).href });
  await loaded;
  const wide = await evaluate('document.documentElement.scrollWidth');
  if (wide > width) finding(`${name}: the page is ${wide} pixels wide`);
  if (process.env.AXE_PATH && media === 'screen') {
    // What is folded is looked at too.
    await evaluate("document.querySelectorAll('details').forEach(folded => { folded.open = true; })");
    await evaluate(readFileSync(process.env.AXE_PATH, 'utf8') + '; true');
    const found = await evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(all => all.violations.map(one =>
      [one.impact, one.id, one.nodes.length, one.nodes[0].target.join(' '), one.nodes[0].failureSummary.replaceAll('\\n', ' ')]))`);
    for (const [impact, id, count, target, summary] of found) {
      const text = `${name}: axe ${impact}: ${id}, ${count} times, such as ${target}: ${summary}`;
      if (impact === 'serious' || impact === 'critical') finding(text);
      else console.log(`(not counted) ${text}`);
    }
    await evaluate("document.querySelectorAll('details').forEach(folded => { folded.open = false; })");
  }
  if (folder) {
    const height = Math.min(await evaluate('document.documentElement.scrollHeight'), 12000);
    const clip = { x: 0, y: 0, width, height, scale: 1 };
    const { data } = await ask('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true, clip });
    writeFileSync(join(folder, `${name}.png`), Buffer.from(data, 'base64'));
  }
};

// A number opens by keyboard and closes again; a link to one opens it; a slider moves the frame.
const use = async () => {
  const number = await evaluate("document.querySelector('.told')?.id ?? null");
  if (number) {
    const told = `document.getElementById(${JSON.stringify(number)})`;
    const open = `${told}.popoverTargetElement.matches(':popover-open')`;
    await evaluate(`for (let at = ${told}; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true; ${told}.focus()`);
    await press('Enter', 'Enter', '\r');
    if (!await evaluate(open)) finding(`${number} does not open by the keyboard`);
    if (folder) {
      const { data } = await ask('Page.captureScreenshot', { format: 'png' });
      writeFileSync(join(folder, 'number.png'), Buffer.from(data, 'base64'));
    }
    await press('Escape');
    if (await evaluate(open)) finding(`${number} does not close by the keyboard`);
    await evaluate(`location.hash = ${JSON.stringify('#' + number)}; new Promise(done => setTimeout(done, 200))`);
    if (!await evaluate(open)) finding(`a link to ${number} does not open it`);
    await press('Escape');
    const chain = await evaluate("document.querySelector('.chain div[id]')?.id ?? null");
    if (chain) {
      await evaluate(`location.hash = ${JSON.stringify('#' + chain)}; new Promise(done => setTimeout(done, 200))`);
      if (!await evaluate(`document.getElementById(${JSON.stringify(chain)}).checkVisibility()`)) finding(`${chain} stays folded`);
    }
  }
  if (await evaluate("!!document.querySelector('.film .scrub:not([hidden])')")) {
    const film = "document.querySelector('.film:has(.scrub:not([hidden]))')";
    const at = `${film}.querySelector('svg').getAttribute('viewBox')`;
    const before = await evaluate(at);
    await evaluate(`${film}.querySelector('input').focus()`);
    await press('ArrowRight');
    if (await evaluate(at) === before) finding('the slider does not move the frame by the keyboard');
    if (!await evaluate(`${film}.querySelector('output').textContent.includes('of')`)) finding('the slider does not say the frame');
    const layer = await evaluate("document.querySelector('.layers input')?.id ?? null");
    if (layer) {
      const shown = `[...document.querySelectorAll('.film .' + ${JSON.stringify(layer.replace('layer', 'source'))})].filter(one => one.checkVisibility()).length`;
      const all = await evaluate(shown);
      await evaluate(`document.getElementById(${JSON.stringify(layer)}).click()`);
      if (all > 0 && await evaluate(shown) > 0) finding(`${layer} hides nothing`);
    }
  }
};

const run = async () => {
  const { targetInfos } = await ask('Target.getTargets');
  const target = targetInfos.find(one => one.type === 'page');
  session = (await ask('Target.attachToTarget', { targetId: target.targetId, flatten: true })).sessionId;
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await ask(`${domain}.enable`);
  listening.push((method, params) => {
    if (method === 'Runtime.exceptionThrown') finding(`exception: ${params.exceptionDetails.exception?.description}`);
    if (method === 'Runtime.consoleAPICalled' && params.type === 'error') finding(`console: ${params.args.map(arg => arg.value).join(' ')}`);
    if (method === 'Log.entryAdded' && params.entry.level === 'error') finding(`log: ${params.entry.text} ${params.entry.url ?? ''}`);
    if (method === 'Network.requestWillBeSent' && !/^(file|data|about|blob):/.test(params.request.url)) finding(`request: ${params.request.url}`);
  });
  const size = readFileSync(page).length;
  if (size > 5_000_000) finding(`the page has ${size} bytes`);
  for (const scheme of ['light', 'dark']) for (const width of WIDTHS) await look(`${scheme}-${width}`, width, scheme, 'screen');
  await look('print-720', 720, 'light', 'print');
  await look('use-1280', 1280, 'light', 'screen');
  await use();
  console.log(`${findings.length} findings in ${size} bytes; axe-core ${process.env.AXE_PATH ? 'run' : 'skipped: AXE_PATH is not set'}`);
};
run().then(() => done(findings.length ? 1 : 0), error => { console.error(String(error)); done(2); });
