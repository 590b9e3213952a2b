// The bar at the top of every page. All text goes in by textContent: names of folders and people are never markup.
const ICONS = {
  find: '<path d="M15.5 14h-.8l-.3-.3a6.5 6.5 0 1 0-.7.7l.3.3v.8l5 5 1.5-1.5zm-6 0a4.5 4.5 0 1 1 0-9 4.5 4.5 0 0 1 0 9z"/>',
  person: '<path d="M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm0 2c-2.7 0-8 1.3-8 4v2h16v-2c0-2.7-5.3-4-8-4z"/>',
  dark: '<path d="M12 3a9 9 0 1 0 9 9c0-.5 0-.9-.1-1.4A5.4 5.4 0 1 1 13.4 3.1 9 9 0 0 0 12 3z"/>',
  light: '<path d="M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10zm-1-6h2v4h-2zm0 18h2v4h-2zM1 11h4v2H1zm18 0h4v2h-4zM4.2 5.6l1.4-1.4 2.8 2.8L7 8.4zm11.4 11.4 1.4-1.4 2.8 2.8-1.4 1.4zM18.4 4.2l1.4 1.4L17 8.4 15.6 7zM7 15.6 8.4 17l-2.8 2.8-1.4-1.4z"/>',
  leave: '<path d="M17 7l-1.4 1.4L18.2 11H8v2h10.2l-2.6 2.6L17 17l5-5zM4 5h8V3H4a2 2 0 0 0-2 2v14c0 1.1.9 2 2 2h8v-2H4z"/>',
};
const NAME = "minian-web:reviewer";
const LONGEST_NAME = 80;

function element(tag, properties = {}, ...children) {
  const { icon, attributes, ...rest } = properties;
  const made = Object.assign(document.createElement(tag), rest);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  if (icon) made.innerHTML = `<svg viewBox="0 0 24 24" fill="currentColor" aria-hidden="true">${ICONS[icon]}</svg>`;
  made.append(...children);
  return made;
}

function remembered() {
  try { return localStorage.getItem(NAME) || ""; } catch { return ""; }  // storage may be forbidden
}

function remember(name) {
  try { localStorage.setItem(NAME, name); } catch { /* asked again next time */ }
}

function whatIsWrong(name) {
  if (!name) return "Please give a name.";
  if ([...name].length > LONGEST_NAME) return `At most ${LONGEST_NAME} characters.`;
  return /[\p{C}]/u.test(name) ? "Only characters that can be printed." : "";
}

function makeDialog(host, title, ...children) {
  const heading = element("h2", { textContent: title, tabIndex: -1, autofocus: true });  // else a button below is scrolled to
  const dialog = element("dialog", { attributes: { "aria-label": title } }, heading, ...children);
  host.append(dialog);
  return dialog;
}

function makeHelp(host, model) {
  const table = element("div", { className: "keys" });
  for (const { keys, text } of model.shortcuts) {
    const shown = keys.flatMap((key, i) => (i ? [" or ", element("kbd", { textContent: key })] : [element("kbd", { textContent: key })]));
    table.append(element("div", { className: "key" }, element("span", {}, ...shown), element("span", { textContent: text })));
  }
  const close = element("button", { type: "button", className: "main", textContent: "Close" });
  const onBackdrop = (event) => { if (event.target === help) help.close(); };
  const help = makeDialog(host, "Keys of this page", table, element("div", { className: "actions" }, close));
  close.addEventListener("click", () => help.close());
  help.addEventListener("click", onBackdrop);
  help.classList.add("wide");
  return () => { if (!help.open) help.showModal(); };
}

function makeReviewer(host, model, shown) {
  if (model.fixed) {  // who logged in signs, whatever this browser remembers
    shown.textContent = model.reviewer;
    return () => {};
  }
  const input = element("input", { id: "reviewer-name", type: "text", autocomplete: "name", maxLength: 160 });
  const wrong = element("p", { className: "wrong", attributes: { role: "alert" } });
  const later = element("button", { type: "button", textContent: "Cancel" });
  const save = element("button", { type: "submit", className: "main", textContent: "Save" });
  const form = element("form", {},
    element("p", { textContent: "Your name is written beside each of your decisions. This browser remembers it." }),
    element("label", { textContent: "Reviewer", htmlFor: "reviewer-name" }), input, wrong,
    element("div", { className: "actions" }, later, save));
  const dialog = makeDialog(host, "Who is reviewing?", form);
  const show = () => { shown.textContent = model.reviewer || "Reviewer"; };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = input.value.trim().normalize("NFC");
    wrong.textContent = whatIsWrong(name);
    if (wrong.textContent) return;
    remember(name);
    dialog.close("saved");
    if (model.reviewer === name) model.send_msg({ reviewer: name });
    else model.reviewer = name;
    show();
  });
  later.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => { if (dialog.returnValue !== "saved") model.send_msg({ reviewer: null }); dialog.returnValue = ""; });
  model.on("reviewer", show);
  const known = remembered();
  if (known && !whatIsWrong(known)) model.reviewer = known;
  show();
  return () => {
    input.value = model.reviewer || "";
    wrong.textContent = "";
    if (!dialog.open) dialog.showModal();
    input.focus();
    input.select();
  };
}

function makePicker(host, model) {
  const input = element("input", {
    type: "text", value: model.dataset, placeholder: "Find a dataset…", autocomplete: "off", spellcheck: false,
    attributes: { role: "combobox", "aria-label": "Dataset", "aria-expanded": "false", "aria-autocomplete": "list", title: model.dataset },
  });
  const list = element("ul", { className: "matches", hidden: true, attributes: { role: "listbox", "aria-label": "Datasets" } });
  const picker = element("div", { className: "picker", icon: "find" });
  picker.append(input, list);
  host.append(picker);
  let marked = 0;
  const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); };
  const open = () => {
    const box = input.getBoundingClientRect();
    const width = Math.max(box.width, 420);
    const left = Math.max(8, Math.min(box.left, window.innerWidth - width - 8));
    Object.assign(list.style, { left: `${left}px`, top: `${box.bottom + 4}px`, width: `${width}px` });
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  };
  const mark = (index) => {
    const rows = [...list.querySelectorAll('[role="option"]')];
    marked = Math.max(0, Math.min(index, rows.length - 1));
    rows.forEach((row, i) => row.setAttribute("aria-selected", String(i === marked)));
    rows[marked]?.scrollIntoView({ block: "nearest" });
  };
  const go = (match) => { if (match) window.location.assign(match.href); };
  const draw = () => {
    list.replaceChildren(...model.matches.map((match, i) => {
      const row = element("li", { attributes: { role: "option" } }, element("span", { textContent: match.text }));
      if (match.note) row.append(element("span", { className: "kind", textContent: match.note }));
      row.addEventListener("mousedown", (event) => { event.preventDefault(); go(match); });
      row.addEventListener("mousemove", () => { if (marked !== i) mark(i); });
      return row;
    }));
    if (!model.matches.length) list.append(element("li", { className: "none", textContent: "No dataset has these words in its name." }));
    mark(0);
  };
  let timer = 0;
  const ask = () => { clearTimeout(timer); timer = setTimeout(() => model.send_msg({ find: input.value }), 40); };
  input.addEventListener("focus", () => { input.select(); model.send_msg({ find: "" }); });
  input.addEventListener("input", ask);
  input.addEventListener("blur", () => { close(); input.value = model.dataset; });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") mark(marked + 1);
    else if (event.key === "ArrowUp") mark(marked - 1);
    else if (event.key === "Enter") go(model.matches[marked]);
    else if (event.key === "Escape") input.blur();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const isFocused = () => input.getRootNode().activeElement === input;
  model.on("matches", () => { draw(); if (isFocused()) open(); });
  model.on("dataset", () => { if (!isFocused()) input.value = model.dataset; });
  return () => input.focus();
}

function makeTheme(model) {
  const button = element("button", { type: "button", className: "tool", attributes: { "aria-label": "Light or dark" } });
  const show = () => {
    document.documentElement.dataset.mwTheme = model.dark ? "dark" : "light";
    button.replaceChildren(...element("i", { icon: model.dark ? "light" : "dark" }).childNodes);
    button.title = model.dark ? "Change to light colours" : "Change to dark colours";
  };
  button.addEventListener("click", () => {
    model.dark = !model.dark;
    document.cookie = `minian_web_theme=${model.dark ? "dark" : "light"}; path=/; max-age=31536000; samesite=lax`;
    show();
  });
  model.on("dark", show);
  show();
  return button;
}

function makeProgress(host, model) {
  const fill = element("i");
  const progress = element("div", { className: "progress", attributes: { role: "progressbar", "aria-label": "Progress" } }, fill);
  const show = () => {
    progress.hidden = model.progress < 0;
    progress.title = model.doing;
    progress.setAttribute("aria-valuenow", String(Math.round(100 * model.progress)));
    fill.style.width = `${Math.round(100 * model.progress)}%`;
  };
  model.on("progress", show);
  show();
  host.append(progress);
}

function watchConnection(host, view) {
  const text = element("p", { textContent: "Waiting for the server. Nothing that was shown as saved is lost; this page goes on by itself." });
  const now = element("button", { type: "button", className: "main", textContent: "Reload now" });
  now.addEventListener("click", () => window.location.reload());
  const dialog = makeDialog(host, "No connection to the server", text, element("div", { className: "actions" }, now));
  dialog.addEventListener("cancel", (event) => event.preventDefault());  // nothing can be decided meanwhile
  let leaving = false;
  window.addEventListener("pagehide", () => { leaving = true; });
  const retry = async () => {
    try {
      if ((await fetch("health", { cache: "no-store" })).ok) window.location.reload();
      else setTimeout(retry, 1500);
    } catch { setTimeout(retry, 1500); }
  };
  view.model.document.on_event("connection_lost", () => {
    if (leaving || dialog.open) return;
    dialog.showModal();
    setTimeout(retry, 1000);
  });
}

function keepAddress(model) {
  let timer = 0;  // browsers refuse an address that changes many times a second
  model.on("query", () => {
    clearTimeout(timer);
    timer = setTimeout(() => window.history.replaceState(null, "", `${window.location.pathname}?${model.query}`), 300);
  });
}

export function render({ model, view }) {
  const bar = element("div", { className: "bar" });
  const brand = element("a", { className: "brand", href: model.home, title: "Home" });
  brand.innerHTML = model.logo;
  brand.append(element("span", { textContent: model.product }));
  const nav = element("nav", { attributes: { "aria-label": "Pages" } });
  const links = () => nav.replaceChildren(...model.pages.map(({ title, href, current }) =>
    element("a", { textContent: title, href, attributes: current ? { "aria-current": "page" } : {} })));
  model.on("pages", links);
  links();
  bar.append(brand, nav, element("div", { className: "space" }));
  const find = makePicker(bar, model);
  const shown = element("span");
  const person = element("button", { type: "button", className: "tool reviewer", icon: "person", title: "Who reviews", attributes: { "aria-label": "Reviewer" } });
  person.append(shown);
  const ask = makeReviewer(bar, model, shown);
  if (model.fixed) Object.assign(person, { disabled: true, title: "Logged in; decisions are signed with this name" });
  else person.addEventListener("click", ask);
  const help = makeHelp(bar, model);
  const question = element("button", { type: "button", className: "tool", textContent: "?", title: "Keys of this page", attributes: { "aria-label": "Help" } });
  question.addEventListener("click", help);
  bar.append(person, makeTheme(model), question);
  if (model.leave) bar.append(element("a", { className: "tool", href: model.leave, icon: "leave", title: "Log out", attributes: { "aria-label": "Log out" } }));
  makeProgress(bar, model);
  const asked = { find, help, reviewer: ask };
  model.on("msg:custom", (message) => {
    if (message.go) window.location.assign(message.go);
    else asked[message.ask]?.();
  });
  keepAddress(model);
  watchConnection(bar, view);
  return bar;
}
