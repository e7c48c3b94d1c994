"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const sheet = byId("sheet");
  const filters = byId("filters");
  const lines = [...document.querySelectorAll("#cases > .cases > li")];
  const packed = byId("sheets");
  const perLine = Number(packed.dataset.size);
  const chunks = packed.textContent.trim().split("\n");
  const unpacked = new Map();
  const count = new Intl.NumberFormat("en");

  // Cases in full: a chunk holds some of them, and is unpacked when one of these is opened.

  const unpack = async (text) => {
    const octets = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const plain = new Blob([octets]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(plain).json();
  };

  const sheetOf = async (number) => {
    const place = Math.floor(number / perLine);
    if (!unpacked.has(place)) unpacked.set(place, unpack(chunks[place]));
    return (await unpacked.get(place))[number % perLine];
  };

  const shown = () => lines.filter((line) => !line.hidden);
  let current = null;
  let opener = null;

  const open = async (number) => {
    const line = byId(`case-${number}`);
    if (!line) return;
    current = line;
    const html = await sheetOf(number);
    if (current !== line) return;
    byId("case").innerHTML = html;
    ready(byId("case"));
    mark();
    if (!sheet.open) {
      opener = document.activeElement;
      sheet.showModal();
    }
    sheet.scrollTop = 0;
    const title = byId("sheet-title");
    title.tabIndex = -1;
    title.focus();
  };

  const mark = () => {
    const among = shown();
    const place = among.indexOf(current);
    byId("before").disabled = place <= 0;
    byId("after").disabled = place < 0 || place === among.length - 1;
    byId("place").textContent =
      place < 0 ? "" : `${count.format(place + 1)} of ${count.format(among.length)}`;
  };

  const step = (by) => {
    const among = shown();
    const next = among[among.indexOf(current) + by];
    if (!next) return;
    history.replaceState(history.state, "", `#${next.id}`);
    open(Number(next.id.slice(5)));
  };

  const ready = (root) => {
    for (const button of root.querySelectorAll(".copy")) button.hidden = !navigator.clipboard;
  };

  const copy = async (button) => {
    await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  };

  const jump = (event) => {
    const line = byId("case").querySelector(`.talk [data-event="${event}"]`);
    if (!line) return;
    line.tabIndex = -1;
    line.scrollIntoView({ block: "center" });
    line.focus();
  };

  // Filters and search, over what stands in the lines.

  const index = lines.map((line) => ({
    line,
    verdict: [line.dataset.verdict],
    level: [line.dataset.level],
    provider: [line.dataset.provider],
    document: (line.dataset.document || "").split(" "),
    tag: (line.dataset.tag || "").split(" "),
    text: [line.textContent, line.dataset.rows, line.dataset.tag].join(" ").toLowerCase(),
  }));

  const wanted = () => [...new FormData(filters)].filter(([, value]) => value.trim());

  // What the whole cases say, read when somebody first looks for something there.
  const read = async () => {
    const parser = new DOMParser(); // which runs nothing and loads nothing
    for (const each of index) {
      const html = await sheetOf(Number(each.line.id.slice(5)));
      each.whole ??= parser.parseFromString(html, "text/html").body.textContent.toLowerCase();
    }
  };
  let reading = null;

  const filter = () => {
    const words = filters.elements.q.value.toLowerCase().split(/\s+/);
    const deep = filters.elements.whole.checked && filters.elements.q.value.trim();
    if (deep && !reading) reading = read().then(filter);
    const choices = wanted().filter(([name]) => name !== "q" && name !== "whole");
    let found = 0;
    for (const each of index) {
      const fits =
        words.every((word) => each.text.includes(word) || (deep && each.whole?.includes(word))) &&
        choices.every(([name, value]) => each[name].includes(value));
      each.line.hidden = !fits;
      found += fits;
    }
    const all = count.format(lines.length);
    byId("shown").textContent =
      found === lines.length ? `${all} cases` : `${count.format(found)} of ${all} cases`;
    byId("none").hidden = found > 0;
  };

  const asked = () => new URLSearchParams(wanted()).toString();

  const remember = () => {
    filter();
    const hash = asked();
    history.replaceState(history.state, "", hash ? `#${hash}` : "#cases");
  };

  // Where the address says: a case, or what to look for.

  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };

  const go = () => {
    const hash = location.hash.slice(1);
    const found = /^case-(\d+)$/.exec(hash);
    if (found) return open(Number(found[1]));
    // An id, as other reports have it, which the next run has too.
    const named = /^case=(.+)$/.exec(hash);
    const id = named && decoded(named[1]);
    const line = named && lines.find((each) => each.querySelector(".case").textContent === id);
    if (line) return open(Number(line.id.slice(5)));
    if (sheet.open) sheet.close();
    if (!hash.includes("=") || hash === asked()) return undefined;
    filters.reset();
    for (const [name, value] of new URLSearchParams(named ? [["q", id]] : hash)) {
      if (name === "whole") filters.elements.whole.checked = true;
      else if (filters.elements[name]) filters.elements[name].value = value;
    }
    filter();
    byId("cases").scrollIntoView();
    return byId("cases-title").focus({ preventScroll: true });
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#case-"]');
    const button = event.target.closest(".copy,.jump");
    if (button) {
      if (button.matches(".copy")) copy(button);
      else jump(button.dataset.event);
    } else if (link) {
      event.preventDefault();
      const address = link.getAttribute("href");
      if (sheet.open) history.replaceState(history.state, "", address);
      else history.pushState("case", "", address);
      open(Number(address.slice(6)));
    } else if (event.target === sheet) {
      sheet.close();
    }
  });

  sheet.addEventListener("close", () => {
    current = null;
    byId("case").replaceChildren();
    if (/^#case[-=]/.test(location.hash)) {
      if (history.state === "case") history.back();
      else history.replaceState(null, "", "#cases");
    }
    if (opener) opener.focus({ preventScroll: true });
  });

  byId("before").addEventListener("click", () => step(-1));
  byId("after").addEventListener("click", () => step(1));
  byId("close").addEventListener("click", () => sheet.close());
  filters.addEventListener("input", remember);
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("reset", () => setTimeout(remember));
  addEventListener("popstate", go);

  filters.hidden = false;
  ready(document);
  filter();
  go();
})();
